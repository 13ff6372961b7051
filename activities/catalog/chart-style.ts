/** What every chart has in common. */
export const STYLE = {
  background: 'white',
  padding: 8,
  config: {
    font: 'sans-serif',
    view: { stroke: null },
    title: { anchor: 'start', fontSize: 13 },
    axis: { labelFontSize: 11, titleFontSize: 11 },
  },
} as const

export const LEGEND = { orient: 'top', columns: 1, labelLimit: 400, title: null } as const
