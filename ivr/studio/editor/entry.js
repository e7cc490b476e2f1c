// What the page needs of CodeMirror 6, built into one file by build.sh: `CodeEditor.open` makes an editor for YAML.
import {autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap} from "@codemirror/autocomplete";
import {defaultKeymap, history, historyKeymap} from "@codemirror/commands";
import {yaml} from "@codemirror/lang-yaml";
import {bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting} from "@codemirror/language";
import {lintGutter, lintKeymap, setDiagnostics} from "@codemirror/lint";
import {highlightSelectionMatches, searchKeymap} from "@codemirror/search";
import {EditorSelection, EditorState} from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers,
} from "@codemirror/view";
import {classHighlighter} from "@lezer/highlight";

// options: label, nonce, changed(text), moved(line), complete(context), hover(word) -> text or "", save()
export function open(parent, options) {
  const extensions = [
    EditorView.cspNonce.of(options.nonce),
    EditorView.contentAttributes.of({"aria-label": options.label, tabindex: "0"}),
    keymap.of([
      {key: "Mod-s", preventDefault: true, run: () => (options.save(), true)},
      ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap,
      ...lintKeymap,
    ]),
    lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), lintGutter(),
    autocompletion({override: [options.complete]}),
    hoverTooltip((view, at) => told(view, at, options.hover)),
    yaml(), indentUnit.of("  "), EditorView.lineWrapping, syntaxHighlighting(classHighlighter),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.changed(view.state.doc.toString());
      if (update.docChanged || update.selectionSet) options.moved(view.state.doc.lineAt(view.state.selection.main.head).number);
    }),
  ];
  const view = new EditorView({parent, state: EditorState.create({extensions})}); // its styles need the nonce at once
  return {
    view,
    // Another document: its state of before, or a new one with this text. Gives the state that is put away.
    show(kept, text) {
      const before = view.state;
      view.setState(kept ?? EditorState.create({doc: text, extensions}));
      return before;
    },
    text: () => view.state.doc.toString(),
    // Another text in place of this one: only what differs is replaced, so that undo and the cursor stay good.
    replace(text) {
      const old = view.state.doc.toString();
      let from = 0, end = 0;
      const least = Math.min(old.length, text.length);
      while (from < least && old[from] === text[from]) from += 1;
      while (end < least - from && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
      view.dispatch({changes: {from, to: old.length - end, insert: text.slice(from, text.length - end)}});
    },
    // problems: line and column (from 1), length, severity, message
    tell(problems) {
      view.dispatch(setDiagnostics(view.state, problems.map((each) => diagnostic(view.state.doc, each))));
    },
    goTo(line) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({selection: EditorSelection.cursor(at.from), effects: EditorView.scrollIntoView(at.from, {y: "center"})});
      view.focus();
    },
    cursor: () => view.state.selection.main.head,
    // The name around a place of the text, such as `refund` or `hotline.agent`.
    wordAt(at) {
      const {from, text} = view.state.doc.lineAt(at);
      return nameAt(text, at - from)?.[0] ?? "";
    },
    line: () => view.state.doc.lineAt(view.state.selection.main.head).number,
  };
}

function diagnostic(doc, {line, column, length, severity, message}) {
  const at = doc.line(Math.min(line, doc.lines));
  const from = Math.min(at.from + columnOffset(at.text, column), at.to);
  return {from, to: Math.min(from + Math.max(length, 1), Math.max(at.to, from)), severity, message};
}

// The checker counts columns in characters, an editor in units of UTF-16.
function columnOffset(text, column) {
  return [...text].slice(0, column - 1).join("").length;
}

function nameAt(line, at) {
  return [...line.matchAll(/[\w.-]+/g)].find(({index, 0: name}) => index <= at && at <= index + name.length);
}

function told(view, at, describe) {
  const {from, text} = view.state.doc.lineAt(at);
  const found = nameAt(text, at - from);
  const words = found && describe(found[0]);
  if (!words) return null;
  return {
    pos: from + found.index, end: from + found.index + found[0].length, above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "told";
      dom.textContent = words;
      return {dom};
    },
  };
}
