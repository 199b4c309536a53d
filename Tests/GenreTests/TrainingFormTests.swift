@testable import Server
import Testing

/// What the page offers for a training is what `genre train` takes.
@Suite struct TrainingFormTests {
    @Test func everyOptionOfTheFormIsOneOfTheCommandLine() throws {
        let help = try Tool.run("train", "--help").output
        let offered = TrainingForm.options
        #expect(offered.count >= 10)
        for option in offered {
            // "--mixup <mixup>", "--spec-augment/--no-spec-augment"
            #expect([" ", "\n", "/"].contains { help.contains(option.name + $0) }, "\(option.name)")
        }
    }

    /// Bounds and choices of the form are those of the command line: their ends are no wrong usage.
    @Test func theFormsEndsAreTaken() throws {
        for option in TrainingForm.options {
            let values =
                option.choices
                ?? [option.least, option.greatest].compactMap { $0 }.map { value in
                    value == value.rounded() ? String(Int(value)) : "\(value)"
                }
            for value in values {
                let words = ["train", "/nonexistent/music", option.name, value, "-o", "/nonexistent/run"]
                // Some bounds are the number of epochs.
                let outcome = try Tool.run(words + (option.name == "--epochs" ? [] : ["--epochs", "100000"]))
                #expect(outcome.status != 2, "\(option.name) \(value): \(outcome.diagnostics)")
            }
        }
    }
}
