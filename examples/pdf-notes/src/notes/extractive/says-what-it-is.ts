/** What follows a term where a sentence says what it is. */
export const SAYS_WHAT_IT_IS: Readonly<Record<string, RegExp>> = {
  eng: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:\s+of\s+(?:an?\s+|the\s+)?\p{L}+)?(?:,[^,.]{1,60},)?\s+(?:(?:is|are|was|were)\s+(?:an?|the|one|any|called|known|defined|made)\b|(?:means?|refers? to|denotes?|consists? of|describes?)\b)/iu,
  deu: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:,[^,.]{1,60},)?\s+(?:(?:ist|sind|war|waren)\s+(?:eine?[nrs]?|der|die|das|jede[rs]?)\s|(?:bedeutet|bezeichnet|bezeichnen|besteht|bestehen|heißt|heißen|nennt)(?!\p{L}))/iu,
  fra: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:,[^,.]{1,60},)?\s+(?:(?:est|sont)\s+(?:une?|des|les?|la|l’|l')|désigne|désignent|signifie|consiste|représente)/iu,
  spa: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:,[^,.]{1,60},)?\s+(?:(?:es|son)\s+(?:una?|el|la|los|las)\s|significa|consiste|designa|se llama)/iu,
  rus: /^\p{L}{0,3}(?:\s*\([^)]*\))?\s+(?:—|–|-|это|является|являются|представляет собой|называется|означает)(?=\s)/iu,
  jpn: /^(?:（[^）]*）|\([^)]*\))?(?:とは|は、?[^。]{4,}(?:です|である|のこと|と呼ばれ(?:る|ます|ている|ています)|という|を指し(?:ます)?|を指す|を意味する|を意味します)。$)/u,
  cmn: /^(?:（[^）]*）|\([^)]*\))?(?:是(?!否)|指的是|指|即|就是|称为|稱為|由[^。]*组成)/u,
};

/** And what stands before one that is introduced. */
export const NAMES_IT: Readonly<Record<string, RegExp>> = {
  eng: /(?<!\b(?:the|an?|each) )\b(?:called|known as|termed|referred to as)\s+(?:an?\s+|the\s+)?['"“‘]?$/iu,
  deu: /(?:genannt|heißt|heißen|nennt man|bezeichnet man als|bekannt als)\s+(?:de[rnm]\s+|die\s+|das\s+|eine?\s+)?[„"»]?$/iu,
  fra: /(?:appelée?s?|nommée?s?|dite?s?)\s+(?:le |la |les |une? )?[«"]?\s?$/iu,
  rus: /(?:называется|называют|называемый)\s+[«"]?$/iu,
  cmn: /(?:称为|稱為|叫做|称作|叫)[“「]?$/u,
};

/** What follows a term that the sentence says something about, where a language shows it. */
export const TELLS_ABOUT_IT: Readonly<Record<string, RegExp>> = {
  eng: /^(?!\s*[:;])/u,
  fra: /^\s+(?:est|sont|se|s’|peut|peuvent|permet|permettent|fournit|fournissent|contient|utilise|utilisent|sert|servent|a|ont)(?!\p{L})/iu,
  jpn: /^(?:（[^）]*）|\([^)]*\))?(?:とは|は(?![^。]*(?:ください|ましょう)。))/u,
  cmn: /^(?:（[^）]*）|\([^)]*\))?(?:是|指|由|用于|用於|用来|可|会|會|能|将|將|包含|包括|提供|允许|允許|使用|需要|必须|必須|具有|有|表示|负责|負責|位于|使|随|隨)/u,
};

/** Nothing of weight stands before: the sentence is about the term itself, and not about one kind of it. */
export const OPENS_WITH_IT = /^["“‘„«「『]?(?:(?:the|an?|each|every|all|most|some|both|two|three|human|der|die|das|eine?|le|la|les|une?|el|los|las|una|un|什么是|一个|所有|每个)\s*)*['’“"「]?$/iu;

/** Names of one word that say too little without what they are of. */
export const TOO_BROAD: ReadonlySet<string> = new Set(
  'aim amount basis beginning case core end goal group idea kind name number point problem purpose reason rest result size sort source value version way work example solution advantage disadvantage role task list set total choice form'.split(' '),
);
