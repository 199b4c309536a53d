import ArgumentParser

/// Whether damaged files train.
struct DamagedOption: ParsableArguments {
    @Flag(help: "Take files with corrupt packets, too, whose sound may have gaps; else they are named and left out.")
    var allowDamaged = false
}
