import Storage

/// An HTML page in one file: style and pictures are inside, and a policy forbids it to load anything.
struct Page {
    struct Section {
        /// Of its heading's anchor.
        var id: String
        var heading: String
        /// HTML.
        var body: String
    }

    var title: String
    /// Beneath the title, plain text.
    var subtitle: String
    var sections: [Section]
    /// At the end, plain text.
    var foot: String
    /// By which a later one of the same kind may take its place.
    var kind: OutputKind.Page

    func html() -> String {
        let links = sections.map { "<a href=\"#\($0.id)\">\(escaped($0.heading))</a>" }.joined(separator: "\n")
        let bodies = sections.map { section in
            "<section id=\"\(section.id)\">\n<h2>\(escaped(section.heading))</h2>\n\(section.body)\n</section>\n"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
            <meta name="generator" content="\(kind.generator)"/>
            <meta name="color-scheme" content="light dark"/>
            <link rel="icon" href="data:,"/>
            <title>\(escaped(title))</title>
            <style>
            \(PageStyle.sheet)
            </style>
            </head>
            <body>
            <header>
            <h1>\(escaped(title))</h1>
            <p class="subtitle">\(escaped(subtitle))</p>
            <nav>\(links)</nav>
            </header>
            <main>
            \(bodies.joined())</main>
            <footer>\(escaped(foot))</footer>
            </body>
            </html>

            """
    }

    /// What a reader must know before he trusts a number.
    static func caution(_ words: String) -> String { "<p class=\"caution\">\(escaped(words))</p>\n" }

    /// What explains a number.
    static func remark(_ words: String) -> String { "<p class=\"remark\">\(escaped(words))</p>\n" }

    fileprivate static let styleSheet = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--gk-surface);color:var(--gk-ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",\
        Roboto,Helvetica,Arial,sans-serif}
        header,main,footer{max-width:1180px;margin:0 auto;padding:0 16px}
        header{padding-top:24px}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
        h2{font-size:1.25rem;margin:0 0 12px;padding-top:22px;border-top:1px solid var(--gk-grid)}
        h3{font-size:1.05rem;margin:24px 0 6px}
        p{margin:0 0 12px;max-width:75ch}
        .subtitle,.note,figcaption,footer{color:var(--gk-muted)}
        .note,figcaption{font-size:.875rem}
        nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:10px 0 18px;font-size:.9rem}
        a{color:inherit;text-decoration-color:var(--gk-frame);text-underline-offset:3px}
        section{margin-bottom:26px}
        .headline{font-size:1.25rem;line-height:1.35;margin:0 0 14px}
        .headline b{font-size:2rem;font-variant-numeric:tabular-nums}
        .headline span{color:var(--gk-muted);white-space:nowrap}
        code{font-size:.9em;overflow-wrap:anywhere}
        .caution{border-left:4px solid var(--gk-series1);background:var(--gk-panel);padding:10px 14px;margin:0 0 14px;\
        border-radius:0 8px 8px 0;max-width:none}
        .remark{border-left:2px solid var(--gk-frame);padding:2px 14px;margin:0 0 14px;color:var(--gk-muted);\
        font-size:.9rem;max-width:none}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,350px),1fr));gap:16px 24px;\
        align-items:start}
        figure{margin:0;min-width:0;max-width:100%}
        .curves{grid-template-columns:1fr}
        @media (min-width:780px){.curves{grid-template-columns:1fr 1fr}}
        .wide{grid-column:1/-1}
        figure svg{display:block;width:100%;height:auto}
        figcaption{margin-top:4px;overflow-wrap:anywhere}
        .columns{display:flex;flex-wrap:wrap;gap:20px 48px;align-items:flex-start}
        .columns>.chart{flex:1 1 364px}
        .chart{max-width:500px;margin-bottom:12px}
        .figures+.columns{margin-top:20px}
        .measures td:first-child{white-space:normal}
        .columns>div{min-width:0;max-width:100%}
        .columns h3:first-child{margin-top:2px}
        .scroll{overflow-x:auto;max-width:100%;background:\
        linear-gradient(to right,var(--gk-surface) 40%,transparent) left/32px 100% no-repeat local,\
        linear-gradient(to left,var(--gk-surface) 40%,transparent) right/32px 100% no-repeat local,\
        linear-gradient(to right,var(--edge),transparent) left/7px calc(100% - 2px) no-repeat scroll,\
        linear-gradient(to left,var(--edge),transparent) right/7px calc(100% - 2px) no-repeat scroll}
        .scroll td,.name{white-space:nowrap}
        .scroll+.note,details{margin-top:8px}
        .scroll+h3{margin-top:24px}
        .genre summary{padding:4px 0;color:var(--gk-ink)}
        .genre summary span{color:var(--gk-muted)}
        .genre{border-bottom:1px solid var(--gk-grid);margin-top:0}
        .genre .tracks{margin-bottom:12px}
        summary{cursor:pointer;color:var(--gk-muted);font-size:.9rem}
        details[open] summary{margin-bottom:8px}
        table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
        th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--gk-grid)}
        th{color:var(--gk-muted);font-weight:600}
        .n{text-align:right;white-space:nowrap}
        th{vertical-align:bottom}
        th.n{white-space:normal}
        td.key{color:var(--gk-muted);white-space:nowrap}
        td.value{overflow-wrap:anywhere;max-width:46ch}
        .findings{margin:0 0 10px;padding-left:1.2em;font-size:.9rem}
        .findings li{overflow-wrap:anywhere}
        .bar{display:flex;height:10px;width:100%;min-width:90px;border-radius:2px;overflow:hidden;\
        background:var(--gk-grid);margin-top:7px}
        .bar i{display:block;height:100%;border-right:1px solid var(--gk-surface)}
        .bar i:last-child{border-right:0}
        .true{background:var(--gk-series2)}.called{background:var(--gk-series1)}.other{background:var(--gk-frame)}
        .meter{display:block;height:6px;min-width:70px;background:var(--gk-grid);border-radius:3px;margin-top:9px}
        .meter i{display:block;height:100%;border-radius:3px;background:var(--gk-series0)}
        .tracks{width:100%}
        .tracks td:nth-child(3){width:36%}
        .mark{font-weight:700}
        .wrong .mark{color:var(--gk-series1)}.right .mark{color:var(--gk-series2)}
        .id{overflow-wrap:anywhere;min-width:min(20em,34vw);padding-left:1.3em;text-indent:-1.3em}
        .swatch{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin:0 .3em 0 .6em}
        .keys .swatch:first-child{margin-left:0}
        pre{font-size:.85rem;line-height:1.5;margin:0 0 8px;padding:10px 12px;background:var(--gk-panel);border-radius:6px;\
        white-space:pre-wrap;overflow-wrap:anywhere}
        ul{padding-left:1.3em;margin:0 0 12px;max-width:75ch}
        .notes{margin-bottom:12px}
        .notes td:last-child:not(.n){white-space:normal}
        footer{padding:18px 16px 40px;font-size:.85rem}
        @media (max-width:640px){
        h1{font-size:1.4rem}
        .tracks thead{display:none}
        .tracks tr{display:block;padding:8px 0;border-bottom:1px solid var(--gk-grid)}
        .tracks td{display:block;border:0;padding:0}
        .tracks td.id{padding-left:1.3em}
        .tracks td:nth-child(3){width:auto}
        header,main,footer{padding-left:14px;padding-right:14px}
        .columns>div,.settings{width:100%}
        .settings tr{display:flex;gap:10px;border-bottom:1px solid var(--gk-grid)}
        .scroll table{font-size:.8rem}
        .meters th:nth-child(5),.meters td:nth-child(5){display:none}
        .settings td{display:block;border:0;padding:4px 0}
        .settings td.key{flex:0 0 36%;white-space:normal}
        .settings td.value{min-width:0}
        th,td{padding-right:10px}
        .scroll th,.scroll td{padding-right:6px}
        }
        @media print{
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        body{font-size:10.5pt}
        nav{display:none}
        header,main,footer{max-width:none;padding:0}
        .figures,.curves{grid-template-columns:1fr 1fr}
        .segments{grid-template-columns:1fr 1fr 1fr}
        figure,tr,.caution{break-inside:avoid}
        h2,h3,section>p:first-of-type{break-after:avoid}
        section>h2+.figures{break-before:avoid}
        details>summary{list-style:none}
        details:not([open]){display:none}
        .scroll{overflow:visible;background:none}
        .scroll table{font-size:8pt}
        .scroll td:not(.n):not(:first-child){white-space:normal}
        figure svg{min-width:0!important}
        }
        """

    /// Of the shadow at an edge beyond which more can be scrolled to.
    fileprivate static let edges =
        ":root{--edge:rgba(20,40,60,.3)}"
        + "@media screen and (prefers-color-scheme:dark){:root{--edge:rgba(200,220,240,.3)}}"
}

/// The style of all pages, those of the server too.
package enum PageStyle {
    package static let sheet = "\(Theme.styleSheet)\n\(Page.edges)\n\(Page.styleSheet)"
}

extension Figure {
    /// No text on a page is smaller, in CSS pixels.
    private static let leastText = 10.0
    /// The width of a page's column: what is wider has a row of its own.
    private static let column = 562.0

    /// The figure as an element of a page. It shrinks with the screen as far as its texts can be read, then it is
    /// scrolled.
    ///
    /// - Parameter caption: plain text; nothing for none.
    func element(caption: String = "") -> String {
        let least = min(1, drawing.leastTextSize.map { Self.leastText / $0 } ?? 0)
        // Up to the next pixel.
        let minimum = (width * least).rounded(.up)
        let style = "max-width:\(SVGWriter.number(width * 1.4))px;min-width:\(SVGWriter.number(minimum))px"
        let note = caption.isEmpty ? "" : "<figcaption>\(escaped(caption))</figcaption>\n"
        let picture = svg(.page).replacing("<svg ", with: "<svg style=\"\(style)\" ", maxReplacements: 1)
        return "<figure\(width > Self.column ? " class=\"wide\"" : "")>\n<div class=\"scroll\">\n\(picture)</div>\n"
            + "\(note)</figure>\n"
    }
}
