/// The ten styles of the demo corpus, named as the genres of the GTZAN collection (Tzanetakis & Cook 2002).
///
/// The names say which habits a style borrows (its metre, drums, harmony and instruments), no more: this is synthetic
/// music that proves the road from sound to answer. A model that tells these styles apart knows nothing of real genres.
public enum Style: String, CaseIterable, Sendable {
    case blues, classical, country, disco, hiphop, jazz, metal, pop, reggae, rock

    /// Beats a minute from which a composition draws its tempo. They overlap, so that tempo alone tells little.
    public var tempi: ClosedRange<Double> {
        switch self {
        case .blues: 68...122
        case .classical: 62...138
        case .country: 84...150
        case .disco: 108...130
        case .hiphop: 78...106
        case .jazz: 104...190
        case .metal: 104...180
        case .pop: 92...128
        case .reggae: 66...92
        case .rock: 100...152
        }
    }
}
