import stopwords from 'stopword';

/** What the lists of function words lack: words that stand in every text and name nothing. */
const MORE: Readonly<Record<string, string>> = {
  eng:
    'its their theirs them they his her hers him she our ours your yours you who whom what when where why how which this that these those there here all any both some such own same so too very can could should did had has have was were been being be is are am do and but if or because as of at by for with about against into through during before after above to from up down in out on off over then once no nor not hundred thousand million billion times time per cent percent half twice ' +
    'almost already also although always another around become becomes behind below beyond both call called cause causes certain come comes contain contains ' +
    'different does done due each either enough especially even every example far few first following found four full general generally get give given gives ' +
    'go goes good great however important include includes including instead just keep kept know known large largely last later least less let like likely little ' +
    'long made main mainly make makes making many may might moreover most much must near nearly need needs never new next nothing now number often old one ones only ' +
    'order others part particular particularly parts per perhaps possible put quite rather reach real result results said say says second see seen set several ' +
    'show shown shows similar similarly simple simply since single small something sometimes soon still such sure take taken takes tell tells ten than thing things ' +
    'third though three thus together too toward towards turn turns two type types typically under unless unlike until upon use used useful user users uses using usually various ' +
    'via want way ways well whereas whether while whole whose will within without work works would yes yet figure table section chapter appendix page pages therefore hence hold holds',
  deu: 'dabei dadurch dafür daher damit danach dazu deren dessen etwa etwas ganz gegen gibt heute immer jedoch kommt lassen lässt macht mehr meist meisten neue neuen oft schon sehr seit sogar sowie steht stets viele vielen während weitere wenig wenn werden wird zwei drei kapitel seite abbildung tabelle',
  fra: 'autre autres certain certains certaines peut peuvent doit doivent fait font être avoir sont ont deux trois plus moins tout tous toute toutes chaque quelques plusieurs même mêmes ainsi cas exemple manière façon veuillez noter notez remarquez consultez différents différentes',
  spa: 'otro otra otros otras cierto ciertos puede pueden debe deben hace hacen ser estar tener son dos tres más menos todo todos toda todas cada algunos varios mismo misma así caso ejemplo manera forma',
  rus: 'поскольку этот эта это эти может могут должен должна должны является являются который которая которые которых также чтобы если когда очень более менее свой свои весь все всех каждый один два три случае пример образом',
  jpn: '上 中 下 後 前 時 内 外 間 側 先 等 用 的 化 毎 以上 以外 通常 全て 多く 方法 もの こと とき ため よう それ これ ところ する なる ある いる できる れる られる です ます した して ない また など による として について における 場合 以下 必要 使用 可能 利用 実行 設定 修正 更新 変更 提供 作成 確認 参照 一つ 二つ ほか たち',
  zho: '的 了 而 和 与 與 或 及 在 于 於 被 把 将 將 从 從 对 對 为 為 以 是 有 不 没 沒 很 也 都 就 还 還 又 再 已 所 其 该 該 本 此 各 每 某 这 這 那 你 我 他 您 它 们 們 个 個 种 種 些 新 旧 舊 多 等 大 小 两 兩 三 可 能 会 會 到 用 由 请 請 要 上 下 中 里 後 后 前 时 時 并 並 则 則 若 如 更 最 只 让 使 ' +
    '安装 安裝 提供 添加 运行 運行 创建 建立 选择 選擇 设置 設置 查看 下载 下載 上传 上傳 更新 升级 升級 制作 製作 构建 構建 指定 输入 輸入 允许 允許 生成 包含 产生 產生 形成 发生 發生 改变 改變 增加 减少 成为 成為 称为 叫做 表示 说明 說明 描述 阅读 閱讀 注意 建议 建議 必须 必須 应该 應該 应当 能够 能夠 可能 需要 ' +
    '更多 有关 有關 所有 其他 其它 其他的 你的 您的 已经 已經 如何 这样 這樣 那样 通常 一般 许多 許多 很多 部分 方法 情况 問題 问题 时候 時候 之后 之後 之前 以后 以及 还有 並且 或者 然后 一个 一种 可以 进行 使用 这个 这些 那些 如果 没有 需要 以及 因为 所以 但是 通过 其中 它们 他们 我们 您 您的 就是 由于 不同 包括 例如 以下 一些 同时 之间',
};

/** Words of a language (ISO 639-3) that name nothing by themselves, in lower case. */
export function stopwordsOf(language = 'eng'): ReadonlySet<string> {
  const code = language === 'cmn' ? 'zho' : language;
  return new Set([...(stopwords[code] ?? []), ...(MORE[code]?.split(' ') ?? [])]);
}
