/** What in a sentence needs a figure, a list or a chapter that a note does not have, or speaks of the document itself. */
const POINTS: Readonly<Record<string, RegExp>> = {
  eng: new RegExp(
    [
      String.raw`\b(?:the|as) follow(?:ing|s)\b|\bfollowing (?:example|table|figure|list|command|code|section)s?\b`,
      String.raw`\b(?:shown|given|listed|described|discussed|mentioned|noted|defined|outlined|explained|seen|see|as|illustrated) (?:above|below|here|later|earlier)\b`,
      String.raw`^(?:above|below)\b|\bthe (?:above|below)\b|\b(?:examples?|tables?|lists?|figures?|images?|pictures?|commands?|code|diagrams?|graphs?) (?:above|below)\b`,
      String.raw`\b(?:above|below|previous|next|preceding|last|upper|lower|left|right)(?:-hand)? (?:examples?|tables?|figures?|images?|pictures?|panels?|diagrams?|sections?|chapters?|measures?)\b`,
      String.raw`\bin (?:the|this|our|that|these|another) (?:\p{L}+ )?(?:examples?|figures?|chapters?|sections?|tables?)\b|\blater (?:sections?|chapters?)\b`,
      String.raw`\b(?:this|the present|our) (?:document|guide|manual|book|chapter|section|tutorial|essay|paper|article|faq|page|appendix|report|thesis)\b`,
      String.raw`(?:^|[;:,(—–-]\s*)(?:please )?(?:see|cf\.?|consult|refer to)\b|\bfor (?:more |further )?(?:details?|information|instructions)\b|\bthe reader\b`,
      String.raw`\bwe (?:will |shall |now |also )?(?:discuss|describe|explain|present|show|see|introduce|consider)\b|\b(?:discussed|described|explained) (?:in|later)\b`,
    ].join('|'),
    'iu',
  ),
  deu: /(?<!\p{L})(?:siehe|vgl\.|folgende[mnrs]?|nachfolgende?[mnrs]?|obige?[mnrs]?|vorherige?[mnrs]?|nächste[mnrs]? (?:beispiel|abschnitt|kapitel|bild)|(?:wie|siehe) (?:oben|unten)|(?:oben|unten|hier) (?:genannt|gezeigt|beschrieben|erwähnt|aufgeführt)\p{L}*|(?:diese[mnrs]?|letzte[mnrs]?) (?:beispiel|kapitel|abschnitt|handbuch|dokument|anleitung|buch|bild|abbildung)|im beispiel|(?:linke|rechte|obere|untere)[mnrs]? (?:bild|abbildung|beispiel))(?!\p{L})/iu,
  fra: /(?<!\p{L})(?:ci-dessus|ci-dessous|suivante?s?|voir (?:la|le|les|aussi|ci)|précédente?s?|ce (?:document|chapitre|guide|manuel|livre)|cette (?:section|faq|page))(?!\p{L})/iu,
  spa: /(?<!\p{L})(?:siguientes?|véase|anteriormente|a continuación|este (?:documento|capítulo|manual|libro|ejemplo)|esta (?:sección|guía|página))(?!\p{L})/iu,
  rus: /(?<!\p{L})(?:следующ\p{L}+|ниже|выше|см\.|смотрите|приведённ\p{L}+|(?:эт\p{L}+|данн\p{L}+) (?:раздел|глав|руководств|документ|пример)\p{L}*|раздел\p{L}* \d)/iu,
  jpn: /上記|下記|以下|前述|後述|次の(?:例|表|よう|コマンド|通り|とおり|図)|を次に|は次です|次です。|項\s?\d|参照|本(?:書|章|節|ガイド|文書)|この(?:章|節|文書|ガイド|例|表)|前(?:章|節)|ここで(?:は|、)|\d+\s*行目|^次[はの]|を(?:次に|以下に)?(?:記し|示し|紹介し|説明し|述べ|まとめ)ます。$|(?:見てみ|レビューし)ます。$/u,
  cmn: /上述|以下|如下|下面|上面|下列|上列|上文|下文|前述|所示|所述|参见|參見|参阅|參閱|请阅读|請閱讀|查看第|第\s?[\d.]+\s?[节章節]|本(?:章|节|節|文|书|書|指南|手册|手冊|小节)|这里|這裡|這裏|该(?:例|表|图)|这(?:个|些)?(?:例子|示例)/u,
};

/** Whether a sentence sends its reader to what a note does not show. */
export const pointsElsewhere = (sentence: string, language: string | undefined): boolean => POINTS[language ?? 'eng']?.test(sentence) ?? false;
