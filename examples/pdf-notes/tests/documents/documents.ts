import type { DocumentText, TextBlock } from '../../src/pdf/document-text.js';

/** A document as it comes out of a PDF, written in the way of Markdown: `# ` begins a heading, other lines are paragraphs. */
export function documentOf(text: string, properties: Partial<DocumentText> = {}): DocumentText {
  const blocks = text.trim().split(/\n+/).map((line): TextBlock => {
    const heading = /^(#+) (.*)$/.exec(line.trim());
    return heading === null
      ? { kind: 'paragraph', page: 1, text: line.trim() }
      : { kind: 'heading', page: 1, level: heading[1]?.length ?? 1, text: heading[2] ?? '' };
  });
  return { pageCount: 1, blocks, ...properties };
}

export const JAPANESE = documentOf(
  `
# 潮の満ち引き
潮汐とは、月と太陽の引力によって海面の高さが周期的に変わる現象である。月の引力は地球の両側の海水を引き、二つの膨らみを作る。地球が自転すると、海岸はこの膨らみの中を一日に二回通り抜ける。
## 大潮と小潮
大潮とは、太陽と月の引力が同じ方向に重なり、満潮と干潮の差が最も大きくなる時期である。新月と満月のころには、太陽と月と地球が一直線に並ぶ。小潮とは、太陽と月の引力が直角に働き、満潮と干潮の差が最も小さくなる時期である。
## 湾の形と共振
湾の形は潮汐の大きさを大きく変える。ファンディ湾では、湾の長さが海水の振動の周期とよく合うため、共振が起こる。共振とは、外からの力の周期が固有の周期と一致し、振動が大きくなる現象である。そのため満潮と干潮の差は十六メートルにも達する。
## 潮汐の摩擦
潮汐の摩擦は地球の自転を少しずつ遅くする。海水の膨らみは海底との摩擦によって月の方向より少し先に進む。この摩擦のため、一日の長さは百年に約二ミリ秒ずつ長くなる。月は毎年約四センチメートルずつ地球から遠ざかる。
`,
  { language: 'jpn', title: '潮の満ち引き' },
);

export const CHINESE = documentOf(
  `
# 潮汐的原理
潮汐是海水在月球和太阳引力作用下产生的周期性涨落现象。月球的引力使地球两侧的海水形成两个隆起。地球自转时，海岸每天两次经过这些隆起，因此每天有两次高潮和两次低潮。
## 大潮与小潮
大潮是太阳和月球的引力方向一致时出现的最大潮差。新月和满月的时候，太阳、月球和地球几乎排成一条直线。小潮是太阳和月球的引力互相垂直时出现的最小潮差。
## 海湾与共振
海湾的形状会改变潮差的大小。在芬迪湾，海湾的长度与海水振动的周期非常接近，于是产生共振。共振是外力的周期与物体固有周期一致时振动变大的现象。芬迪湾的潮差可以达到十六米。
## 潮汐摩擦
潮汐摩擦使地球的自转逐渐变慢。海水的隆起由于与海底的摩擦而稍微超前于月球的方向。由于潮汐摩擦，一天的长度每一百年增加大约两毫秒。月球每年远离地球大约四厘米。
`,
  { language: 'cmn', title: '潮汐的原理' },
);
