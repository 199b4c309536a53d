import Foundation
import Testing

@testable import Datasets

@Suite struct ArtistNamesTests {
    @Test func theTrackComesBeforeTheAlbum() {
        func artist(_ tags: [String: String]) -> String? { ArtistNames.artist(ofTags: tags) }
        #expect(artist(["artist": "Queen", "album_artist": "Various Artists"]) == "Queen")
        #expect(artist(["artist": "Queen feat. Bowie", "albumartist": "Queen"]) == "Queen feat. Bowie")
        #expect(artist(["artist": " ", "album_artist": " Kiss "]) == "Kiss")
        #expect(artist(["artist": "Unknown Artist", "album_artist": "Kiss"]) == "Kiss")
        #expect(artist(["artist": "<unknown>", "album_artist": "V.A."]) == nil)
        #expect(artist([:]) == nil)
    }

    @Test(arguments: [
        "Various Artists", "VARIOUS ARTISTS", "various", "VA", "V.A.", "V/A", "Various (2)", "Various Artists - Trance",
        "Verschiedene", "Verschiedene Interpreten", "Diverse", "Artistes divers", "Varios Artistas", "Vari Artisti",
        "AA.VV.", "AA. VV.", "Vários", "VARIOS", "Разные исполнители", "Сборник", "オムニバス", "ｵﾑﾆﾊﾞｽ",
        "ヴァリアス・アーティスト", "群星", "合輯", "Soundtrack", "Unknown Artist", "<unknown>", "[unknown]", "n/a", "-",
        "?", "Ｖａｒｉｏｕｓ　Ａｒｔｉｓｔｓ", "Künstler".replacingOccurrences(of: "Künstler", with: "Unbekannter Ku\u{308}nstler"),
    ])
    func nobody(name: String) {
        #expect(ArtistNames.isNobody(name))
        #expect(ArtistNames.keys(name) == [])
    }

    @Test(arguments: [
        "Queen", "Vaya Con Dios", "!!!", "Various Production", "The Unknown Mortal", "Diversion", "群青", "Air",
    ])
    func somebody(name: String) {
        #expect(!ArtistNames.isNobody(name))
        #expect(ArtistNames.somebody(" \(name) ") == name)
    }

    @Test func keysAreEqualWhereOnlySpellingDiffers() {
        #expect(ArtistNames.keys("Bjo\u{308}rk; Various Artists") == ArtistNames.keys("BJÖRK"))
        #expect(ArtistNames.keys("ＹＭＯ") == ArtistNames.keys("ymo"))
        for name in ["Queen feat. Bowie", "Queen Feat Bowie", "Queen (ft. Bowie)", "queen [featuring Bowie]"] {
            #expect(ArtistNames.keys(name) == ["queen"], "\(name)")
        }
        #expect(ArtistNames.keys("Feat. Nobody") == ["feat. nobody"])
        #expect(ArtistNames.keys("Little Feat") == ["little feat"])
        #expect(ArtistNames.keys("A  B;C") == ["a b", "c"])
        #expect(ArtistNames.keys("Queen") != ArtistNames.keys("Kiss"))
    }

    @Test func knownArtistsOnBothSidesAreWarnedOf() throws {
        var fake = FakeTracks(["pop", "rock"], perGenre: 8)
        for index in fake.tracks.indices { fake.tracks[index].artist = index < 6 ? "One" : "Artist \(index)" }
        let data = fake.data()
        let random = try SplitRequest(rule: .random, seed: 1).draw(data)
        #expect(random.warnings.count == 1)
        #expect(random.warnings.first?.contains("1 known artist has") == true)
        #expect(random.warnings.first?.contains("(6 tracks)") == true)
        #expect(random.warnings.first?.contains("--split artist") == true)
        #expect(
            try SplitRequest(rule: .folds(2), seed: 1).draw(data).warnings.first?.contains("artist-kfold:2") == true)
        #expect(try SplitRequest(rule: .artist, seed: 1).draw(data).warnings.isEmpty)
        // "Various Artists" in a table is no artist that could be on both sides.
        for index in fake.tracks.indices { fake.tracks[index].artist = "Various Artists" }
        #expect(try SplitRequest(rule: .random, seed: 1).draw(fake.data()).warnings.isEmpty)
        // GTZAN's index knows its tracks' artists.
        let gtzan = FakeTracks(ids: (0..<8).flatMap { ["blues/blues.0000\($0).wav", "disco/disco.0000\($0).wav"] })
        #expect(
            try SplitRequest(rule: .random, seed: 1).draw(gtzan.data()).warnings.first?.contains("known artist") == true
        )
    }
}
