"""The console: the pages on which agents and supervisors work all day. A process of its own, never the line's.

`route` holds the words (Route, Visit, Office, Settings), `app` makes the application and guards every route, `doors`
lets people in and out, `live` tells open pages that something changed, `words` is what is written on pages.

How a page is added
-------------------
1. In `pages.py` (or a `pages_….py` whose ROUTES `pages.py` gathers) write a view and its row of the table::

       def board(visit: Visit) -> ResponseReturnValue:
           return visit.page("board.html", board=...)

       ROUTES = (
           Route("board", "/console/board", board, title="board.title", key="b"),
           Route("board_now", "/console/board/fragment", board_now, quiet=True),
           Route("talk", "/console/talks/<id>", talk, sees=own_talk),
           Route("end", "/console/talks/<id>/end", end, methods=("POST",), sees=own_talk),
           Route("notices", "/console/notices", notices, needs="supervisor", title="notices.title", key="n"),
       )

   Nothing is served that has no row. `needs` is who may: anybody, agent (the default; supervisors too) or supervisor
   (others get 403). A path that names an object must say in `sees` who may see it: `sees(visit, id=...)` is asked
   before the view, and False is a 404; `visit.sees_queue(name)` is the usual answer. `title` (a key of the words) puts
   a page into the navigation, with its `icon`; `key` makes it a single key of the keyboard. `quiet` is for what a page
   fetches by itself: it does not keep anybody logged in.

2. A view is given the `Visit`: `visit.agent` (floor.model.Agent), `visit.language`, `visit.csrf`, `visit.t("key")`,
   `visit.office` (store, clock, agents …), `visit.now()`. It answers `visit.page(template, **values)`, or after a POST
   `visit.go("/console/board", "words.key")` (303, with a sentence shown once), or `visit.refuse("words.key")`.
   `visit.did("what", "about")` writes the deed down.

3. A template extends `layout.html` (blocks: title, actions, content) or, for a fragment, nothing. In all of them:
   `visit`, `t`, `csrf_field` (write `{{ csrf_field }}` into every form), `icon("phone")`, `asset("console.css")`, and
   the filters `clock` (14:05), `ago` (a <time> that counts up by itself) and `lasted` (3:07). All values are escaped;
   there is no `|safe` here. No inline script and no inline style: the browser refuses both. Icons are symbols
   of `static/icons.svg`.

4. Live: `<section data-live="/console/board/fragment" data-on="queues talks">` is fetched anew and swapped when one of
   these parts of the store changed (`live.PARTS`; left out: any). What is being typed, and the focus, stay: give
   fields and links an `id`.

5. Texts: a table of words beside the pages, registered in `words.TABLES`; every key in zh and en. Tests look for keys
   without words.

6. Keyboard: `data-key="a"` on a link or button makes it a single key; it is told in the help (`?`) by its own words, or
   by `data-key-label`. `<button data-dialog="id">` opens the `<dialog id=id>`. `data-confirm="sentence"` asks first.

7. Somebody rings: an element with `data-ringing="words"` anywhere puts the words into the window's title and has screen
   readers say them. `Office.above` names a template that stands above every page, `Office.desk` holds what pages need
   beyond the frame, `Office.given(visit)` what their templates may use besides; `ivr.app.console_of` sets them.

Building blocks of `console.css`: .panel (with h2), .columns, .figures > .figure, table.list, .chip[data-state=…],
.button (.quiet .danger .small), .field, .hint, .said (one message), .empty, .facts (dl), .lines (transcript), .bar.
"""
