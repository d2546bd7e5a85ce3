// A public name in code, `GridMask`, `linear({ … })` or `presets.coco`, leads to its page of the reference.

const NAME = /^(?:new )?([A-Za-z]\w*)(?:\.\w+)*(?:\(.*\))?$/

/**
 * @param {import('markdown-it')} md
 * @param {Record<string, string>} names each name's page
 */
export function linkNames(md, names) {
  md.core.ruler.after('inline', 'gridmask-names', ({ tokens, env, Token }) => {
    for (const [i, token] of tokens.entries()) {
      if (token.type !== 'inline' || tokens[i - 1]?.type === 'heading_open') continue
      let links = 0
      token.children = (token.children ?? []).flatMap((child) => {
        if (child.type === 'link_open') links++
        if (child.type === 'link_close') links--
        const [, name = ''] = child.type === 'code_inline' ? (NAME.exec(child.content) ?? []) : []
        const page = Object.hasOwn(names, name) ? names[name] : undefined
        if (page === undefined || links > 0 || env.relativePath === `${page.slice(1)}.md`)
          return child
        const open = new Token('link_open', 'a', 1)
        open.attrs = [['href', page]]
        return [open, child, new Token('link_close', 'a', -1)]
      })
    }
  })
}
