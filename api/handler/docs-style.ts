/** The one style sheet of the documentation page; its hash is in the page's security policy. */
export const docsStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #888; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
header small { color: var(--soft); font-weight: normal; }
nav { position: sticky; top: 0; background: Canvas; padding: .5rem 0; border-bottom: 1px solid var(--line); }
nav a { margin-right: 1rem; white-space: nowrap; }
section { scroll-margin-top: 4rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; scroll-margin-top: 4rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary span { color: var(--soft); }
summary b { display: inline-block; min-width: 4rem; font-size: .8rem; }
.get { color: #1a7f37; } .post { color: #0969da; } .patch { color: #9a6700; } .delete { color: #cf222e; }
h3 { font-size: 1rem; margin: .8rem 0 .2rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .5rem .25rem 0; vertical-align: top; overflow-wrap: anywhere; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem 1rem; }
i { color: var(--soft); font-size: .85rem; }
code { font: .9em ui-monospace, monospace; }
`;
