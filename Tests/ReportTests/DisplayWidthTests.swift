import Testing

@testable import Report

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("metal", 5), ("日本の音楽", 10), ("cafe\u{301}", 4), ("très calme", 10), ("🎵", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2),
        ("❤️", 2), ("한국", 4), ("\u{1100}\u{1161}", 2), ("ｶﾅ", 2), ("Ａ", 2), ("–…", 2), ("\u{200B}", 0), ("", 0),
    ])
    func columnsOfATerminal(text: String, width: Int) { #expect(text.displayWidth == width) }

    @Test func columnsAreFilledAndCut() {
        #expect("日本".left(6) == "日本  " && "日本".right(6) == "  日本" && "日本".left(3) == "日本")
        #expect("日本の".fitting(5) == "日本" && "abc".fitting(5) == "abc" && "abc".fitting(0) == "")
    }
}
