import Foundation

/// What tags and tables say of artists, and when that is nobody.
enum ArtistNames {
    /// The artist that a file's tags name: the track's own before the album's, since a compilation's album is
    /// "Various Artists".
    static func artist(ofTags tags: [String: String]) -> String? {
        ["artist", "albumartist", "album_artist", "album artist"].lazy.compactMap { tags[$0] }
            .compactMap { somebody($0) }.first
    }

    /// The text without surrounding space, and without the members of a list (parted by ";") that are nobody; nil where
    /// nobody remains.
    static func somebody(_ text: String?) -> String? {
        let names = (text ?? "").split { $0 == ";" || $0 == "\0" }
            .map { $0.trimmingCharacters(in: surroundings) }
            .filter { !$0.isEmpty && !isNobody($0) }
        return names.isEmpty ? nil : names.joined(separator: "; ")
    }

    /// White space, and the controls that writers of tags pad with. Marks of direction are part of a name.
    private static let surroundings = CharacterSet.whitespacesAndNewlines
        .union(CharacterSet(charactersIn: "\u{0}"..."\u{1F}"))

    /// One key per artist of a list: equal where only case, marks, width, white space or a track's guests differ.
    static func keys(_ text: String?) -> [String] {
        (somebody(text) ?? "").split(separator: ";").map {
            folded(withoutGuests(String($0))).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }.filter { !$0.isEmpty }
    }

    /// The name without the guests of one track: "A feat. B" and "A (ft. B)" are A.
    private static func withoutGuests(_ name: String) -> String {
        guard let guests = name.firstRange(of: #/[\s(\[]+(?i:feat|ft|featuring)[.\s]/#) else { return name }
        let own = name[..<guests.lowerBound]
        return own.allSatisfy(\.isWhitespace) ? name : String(own)
    }

    /// Whether a name stands for several artists, or for none that is known.
    static func isNobody(_ name: String) -> Bool {
        let letters = letters(of: name)
        if letters.isEmpty { return name.allSatisfy { "-_.?…–—*# <>[]()/".contains($0) } }
        return nobodies.contains(letters) || ["n/a", "[n/a]"].contains(name.lowercased())
            || letters.hasPrefix("variousartist")
    }

    private static func folded(_ text: String) -> String {
        text.precomposedStringWithCompatibilityMapping.folding(
            options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil
        ).lowercased()
    }

    /// Letters alone, and digits where they are not a number in brackets behind ("Various (2)").
    private static func letters(of name: String) -> String {
        var text = Substring(folded(name))
        if text.hasSuffix(")"), let open = text.lastIndex(of: "("),
            text[text.index(after: open)...].dropLast().allSatisfy(\.isNumber)
        {
            text = text[..<open]
        }
        return String(text.filter { $0.isLetter || $0.isNumber })
    }

    private static let nobodies: Set<String> = Set(
        """
        Various|Various Artists|Various Artist|Various Performers|Various Interprets|V.A.|V/A|VVAA|Several Artists
        Multiple Artists|Mixed Artists|Diverse Artists|Assorted Artists|Compilation|Compilations|Sampler
        Verschiedene|Verschiedene Interpreten|Verschiedene Künstler|Diverse|Diverse Interpreten|Diverse Künstler|Div.
        Divers|Divers artistes|Artistes divers|Artistes variés|Interprètes divers|Plusieurs artistes|Multi-interprètes
        Varios|Varios artistas|Artistas varios|Varios intérpretes|Intérpretes varios|Artistas diversos
        Vários|Vários artistas|Artistas vários|Vários intérpretes|Diversos|Diversos artistas
        Vari|Vari artisti|Artisti vari|AA.VV.|Autori vari|Interpreti vari|Diversi|Diversi artisti|Diversos artistes
        Artistes diversos|Diverse artiesten|Verschillende artiesten|Diverse uitvoerenden|Diverse artister|Olika artister
        Blandade artister|Diverse kunstnere|Forskellige kunstnere|Forskellige artister|Diverse utøvere|Eri esittäjiä
        Eri artisteja|Useita esittäjiä|Różni wykonawcy|Różni artyści|Różni|Składanka|Různí interpreti|Různí umělci|Různí
        Rôzni interpreti|Rôzni umelci|Különböző előadók|Vegyes előadók|Válogatás|Diverși artiști|Artiști diverși
        Çeşitli sanatçılar|Çeşitli|Karışık|Razni izvođači|Različni izvajalci|Разные исполнители|Разные артисты|Разные
        Различные исполнители|Разные авторы|Сборник|Сборники|Різні виконавці|Збірка|Збірник|Различни изпълнители
        Разни извођачи|Διάφοροι|Διάφοροι καλλιτέχνες|オムニバス|オムニバスアルバム|ヴァリアス|ヴァリアス・アーティスト
        ヴァリアス・アーティスツ|バリアス・アーティスト|V.A.(オムニバス)|群星|华语群星|華語群星|合輯|合辑|合集|各種藝人|多位艺术家
        多位藝術家|各种艺人|여러 아티스트|다양한 아티스트|여러가수|옴니버스|אמנים שונים|فنانون متنوعون|متنوع|Nhiều nghệ sĩ
        Berbagai Artis|รวมศิลปิน
        Soundtrack|Original Soundtrack|OST|O.S.T.|Motion Picture Soundtrack|Original Motion Picture Soundtrack
        Bande originale|Bande originale de film|Colonna sonora|Banda sonora|Banda sonora original|Trilha sonora|Filmmusik
        Саундтрек|サウンドトラック|原声带|原聲帶
        Unknown|Unknown Artist|Unknown Artists|Unknown Performer|No Artist|None|Null|Not Available|Untitled|Artist
        Anonymous|Anonym|Anonyme|Anónimo|Anônimo|Anonimo|Unbekannt|Unbekannter Interpret|Unbekannter Künstler
        Unbekannter Artist|Inconnu|Artiste inconnu|Interprète inconnu|Desconocido|Artista desconocido
        Intérprete desconocido|Desconhecido|Artista desconhecido|Sconosciuto|Artista sconosciuto|Onbekend
        Onbekende artiest|Okänd|Okänd artist|Ukendt|Ukendt kunstner|Ukjent|Ukjent artist|Tuntematon|Tuntematon esittäjä
        Tuntematon artisti|Nieznany|Nieznany wykonawca|Nieznany artysta|Neznámý|Neznámý interpret|Neznámý umělec
        Ismeretlen|Ismeretlen előadó|Artist necunoscut|Necunoscut|Bilinmeyen sanatçı|Bilinmeyen|Nepoznat izvođač
        Неизвестный исполнитель|Неизвестный|Неизвестно|Неизвестен|Невідомий виконавець|Невідомий|Άγνωστος
        Άγνωστος καλλιτέχνης|不明|不明なアーティスト|アーティスト不明|アーティスト情報なし|未知|未知艺术家|未知藝人|未知艺人|佚名|无名
        알 수 없는 아티스트|알 수 없음|אמן לא ידוע|فنان غير معروف|Không rõ nghệ sĩ
        """.split { $0 == "|" || $0 == "\n" }.map { letters(of: String($0)) })
}
