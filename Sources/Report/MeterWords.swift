import Ledger

/// A meter as people read it.
enum MeterWords {
  static func name(_ meter: Meter, _ language: Language) -> String {
    let english = meter.name.split(separator: "_").joined(separator: " ")
    let japanese =
      switch meter {
      case .input: "入力"
      case .cacheRead: "キャッシュ読込"
      case .cacheWrite5m: "キャッシュ書込（5分）"
      case .cacheWrite1h: "キャッシュ書込（1時間）"
      case .cacheWrite12h: "キャッシュ書込（12時間）"
      case .output: "出力"
      case .inputAudio: "音声入力"
      case .outputAudio: "音声出力"
      case .inputImage: "画像入力"
      case .outputImage: "画像出力"
      case .inputVideo: "動画入力"
      case .cacheReadAudio: "キャッシュ読込（音声）"
      case .cacheReadImage: "キャッシュ読込（画像）"
      case .webSearch: "ウェブ検索"
      case .mapsSearch: "地図検索"
      case .fileSearch: "ファイル検索"
      case .codeSession: "コード実行"
      case .image: "画像"
      case .millisecond: "ミリ秒"
      case .outputMillisecond: "出力ミリ秒"
      case .page: "ページ"
      case .character: "文字"
      case .query: "クエリ"
      case .request: "リクエスト"
      case .creditMillionth: "クレジット（100万分の1）"
      }
    return language(english, japanese)
  }

  /// `web_search, page` → `ウェブ検索、ページ`; a name that is no meter stays.
  static func names(_ list: String, _ language: Language) -> String {
    list.split(separator: ", ").map { name in
      Meter(name: String(name)).map { self.name($0, language) } ?? String(name)
    }.joined(separator: language(", ", "、"))
  }
}
