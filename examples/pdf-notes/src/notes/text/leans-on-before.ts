const LEANS: Readonly<Record<string, RegExp>> = {
  eng: /^(?:please|let us|let['’]s|this|that|these|those|it|its|they|their|them|he|his|she|her|we|our|such|here|there|then|so|thus|hence|therefore|however|moreover|furthermore|instead|otherwise|similarly|likewise|also|and|but|or|nor|yet|in (?:this|that|these|such|addition|contrast|fact|other words)|for (?:example|instance|this)|as (?:a result|such)|at this|on the other|both|another|one of (?:these|them)|the (?:same|latter|former|other|following|above)|again|finally|next|note that|again|first|second|third|secondly|thirdly|nevertheless|because of this|once|what is more)\b/iu,
  deu: /^(?:dies\p{L}*|jene\p{L}*|er|sie|es|ihr\p{L}*|sein\p{L}*|hier\p{L}*|dort|dann|daher|deshalb|dadurch|dabei|damit|also|aber|und|oder|doch|jedoch|außerdem|ferner|allerdings|so|solche\p{L}*|beide|zum beispiel|das heißt|auch)(?![\p{L}])/iu,
  fra: /^(?:ce|cet|cette|ces|il|elle|ils|elles|ainsi|donc|mais|et|ou|cependant|toutefois|de plus|en outre|par exemple|leur|son|sa|ses)(?![\p{L}])/iu,
  spa: /^(?:est[eao]s?|es[eao]s?|él|ella|ellos|ellas|así|pero|y|o|sin embargo|además|por ejemplo|por lo tanto|su|sus)(?![\p{L}])/iu,
  jpn: /^(?:これ|それ|あれ|この|その|あの|ここ|そこ|こう|そう|しかし|また|さらに|そして|だから|したがって|たとえば|例えば|つまり|一方|ただし|なお|次に|まず|このように|ところが)/u,
  cmn: /^(?:这|那|它|他|她|其|此|但|因此|所以|然而|而且|并且|例如|比如|另外|此外|同时|同样|于是|不过|接着|首先|其次|最后|总之)/u,
};

/** Whether a sentence needs the one before it to be understood, as far as its first words tell. */
export function leansOnBefore(sentence: string, language: string | undefined): boolean {
  const opening = sentence.replace(/^[\p{P}\s]+/u, '');
  return LEANS[language ?? 'eng']?.test(opening) ?? false;
}
