/// The paper whose Table I is reproduced.
enum Paper {
    static let authors = "Pandey, Hossain & Bayraktar"
    static let title =
        "Implementation of Shallow and Deep Neural Network Architecture for Music Genre Classification"
    static let place = "University of Bristol"
}
