/** How far a sentence needs what stands before it: `opening` is lost without it, `within` refers to it somewhere. */
export type Leaning = 'none' | 'within' | 'opening';

const OPENING: Readonly<Record<string, RegExp>> = {
  eng: /^(?:please|let us|let['’]s|this|that|these|those|it|its|they|their|them|he|his|she|her|we|our|such|here|there|then|so|thus|hence|therefore|however|moreover|furthermore|instead|otherwise|similarly|likewise|also|and|but|or|nor|yet|in (?:this|that|these|those|such|addition|contrast|fact|other words|particular|general|both|all)|(?:at|by|for|with|from|on|to|of|after|before|under|through|like|unlike|besides|because of|despite|without|during|given) (?:this|that|these|those|such|it|them|(?:both|all|some|one|each|most) of (?:these|those|them))|for (?:example|instance)|as (?:a result|such|well|usual)|on the other|both|another|one of (?:these|them)|(?:some|most|all|many|each|none|several|few|neither|either) of (?:these|those|them)|the (?:same|latter|former|other|others|following|above|rest)|again|finally|next|note that|first|second|third|secondly|thirdly|nevertheless|nonetheless|still|even so|once|what is more|more precisely|more conveniently|roughly speaking|alternatively|conversely|consequently|accordingly|additionally|meanwhile|afterwards|unfortunately|fortunately|clearly|obviously|indeed|of course|no|yes)\b/iu,
  deu: /^(?:dies\p{L}*|jene\p{L}*|er|sie|es|ihr\p{L}*|sein\p{L}*|hier\p{L}*|dort|dann|daher|deshalb|dadurch|dabei|damit|dazu|davon|danach|also|aber|und|oder|doch|jedoch|außerdem|ferner|allerdings|so|solche\p{L}*|beide|zum beispiel|das heißt|auch|in diese\p{L}*|mit diese\p{L}*|anschließend|schließlich|zudem|trotzdem|dennoch|stattdessen|wir|unser\p{L}*|man (?:sieht|erkennt))(?![\p{L}])/iu,
  fra: /^(?:ce|cet|cette|ces|cela|ceci|il|elle|ils|elles|ainsi|donc|mais|et|ou|cependant|toutefois|de plus|en outre|par exemple|leur|leurs|son|sa|ses|en effet|dans ce cas|à cet égard|nous|notre|nos|pour cela|enfin|ensuite|puis|sinon)(?![\p{L}])/iu,
  spa: /^(?:est[eao]s?|es[eao]s?|él|ella|ellos|ellas|así|pero|y|o|sin embargo|además|por ejemplo|por lo tanto|su|sus|en este|en esta|nosotros|nuestr\p{L}+|finalmente|luego)(?![\p{L}])/iu,
  rus: /^(?:эт\p{L}{1,3}|так(?:ой|ая|ое|ие|им|же)?|он|она|оно|они|его|её|их|но|а|и|или|однако|поэтому|также|тогда|затем|кроме того|например|при этом|в этом|для этого|здесь|там|мы|наш\p{L}*|таким образом|то есть|если же)(?![\p{L}])/iu,
  jpn: /^(?:これ|それ|あれ|この|その|あの|ここ|そこ|こう|そう|こちら|しかし|また|さらに|そして|だから|したがって|従って|たとえば|例えば|つまり|一方|ただし|なお|次に|まず|このように|ところが|もちろん|同様に|他の|他に|何か|もし(?:その|それ|これ)|注意[：: ]|ヒント)/u,
  cmn: /^(?:这|這|那|它|他|她|其|此|但|因此|所以|然而|而且|而|并且|並且|例如|比如|另外|此外|同时|同時|同样|同樣|于是|於是|不过|不過|接着|接著|首先|其次|最后|最後|总之|總之|还有|還有|还要|也|即|或者|另一种|另一種|所有这|所有這|通过这|透過這|要是|还|還|另)/u,
};
const WITHIN: Readonly<Record<string, RegExp>> = {
  eng: /\b(?:this|these|those|such)\s+(?!is\b|are\b|as\b)\p{L}|^(?:\S+\s+){1,4}(?:it|them|they)\b|\b(?:this|that|these|those|them|it)[.)]*$/iu,
  deu: /(?<!\p{L})(?:diese[mnrs]?|jene[mnrs]?|solche[mnrs]?)\s+\p{Lu}/u,
  jpn: /[、。（]?(?:この|その|これら|それら)/u,
  cmn: /[这這那][个個些种種项項样樣]/u,
};

/** Whether a sentence needs the one before it to be understood, as far as its words tell. */
export function leaningOf(sentence: string, language: string | undefined): Leaning {
  const opening = sentence.replace(/^[\p{P}\s]+/u, '');
  if (OPENING[language ?? 'eng']?.test(opening) === true) return 'opening';
  return WITHIN[language ?? 'eng']?.test(opening) === true ? 'within' : 'none';
}
