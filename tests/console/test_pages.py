"""The pages of the day: who sees what, what each act does, and that nothing of a caller becomes part of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest

from ivr.call import reference
from ivr.call.session import Session
from ivr.call.values import Value
from ivr.console.i18n import TEXTS
from ivr.console.service_today import Service, ServiceToday
from ivr.hotline.reports import Known
from ivr.hotline.reports.tally import classify
from ivr.hotline.reports.waits import Target
from ivr.store import CallbackRow, CallRow, QueueEntry, RecordingRow, TicketRow
from ivr.store.records import mark
from ivr.store.rows import TalkRow
from ivr.store.vocabulary import TalkState
from tests.console.days import CALLER, CHEN_PHONE, LI_PHONE, SUPPORTED, WANG_PHONE, ZHAO_PHONE, Day, a_day
from tests.console.local_console import Browser
from tests.shipped_hotline import SHANGHAI
from tests.stores import counted

ACCOUNT, NUMBER = "62220099", "+8613712345678"
REFERENCE = {"support": reference.make(1), "security": reference.make(2)}
SOUND = {"support": "RE" + "a" * 32, "security": "RE" + "b" * 32}


@pytest.fixture
def day() -> Iterator[Day]:
    with a_day() as made:
        yield made


def left_behind(day: Day, queue: str, words: str = "张三") -> str:
    """A call that waited in a queue and left a ticket, a message and a promised call; gives its id."""
    call_id, now = f"CA{queue}", day.now - timedelta(minutes=10)
    session = replace(
        Session(call_id, "d", "zh", now, caller=NUMBER, topic="refund"),
        values={"customer": Value("name", words), "account": Value("account", ACCOUNT), "payee": Value("name", words)},
        account=ACCOUNT,
        factor="code",
    )
    events = [
        {"type": "Entered", "state": "hotline.main", "kind": "menu"},
        {"type": "Said", "text": words, "language": "zh"},
        {"type": "TextSent", "to": NUMBER, "body": f"{words} {ACCOUNT}"},
    ]
    with day.store.turn(call_id, 0) as page:
        page.open_call(
            CallRow(id=call_id, from_number=NUMBER, to_number="", digest="d", language="zh", started_at=now,
                    last_turn_at=now, turn=0)
        )  # fmt: skip
        page.save(session=session.to_json(), turn=1, now=now, account=ACCOUNT)
        page.record(0, now, "spoken", json.dumps(events, ensure_ascii=False), "")
        page.queue_entry(QueueEntry(call_id=call_id, queue=queue, joined_at=now, topic=words, language="zh"))
        page.open_ticket(
            TicketRow(
                reference=REFERENCE[queue], call_id=call_id, topic="message", opened_at=now, phone=NUMBER, note=words,
                account=ACCOUNT, language="zh",
                about=json.dumps({"payee": ["name", words], "recording": ["words", SOUND[queue]]}),
            )
        )  # fmt: skip
        page.add_callback(
            CallbackRow(key=f"{call_id}/1/0", call_id=call_id, queue=queue, number=f"{NUMBER[:-1]}{len(queue)}",
                        due_at=now, booked_at=now, topic=words, language="zh")
        )  # fmt: skip
        net = day.simulation.network
        page.add_recording(
            RecordingRow(
                id=SOUND[queue], call_id=call_id, turn=0, seconds=7, made_at=now,
                url=f"{net.api_url}/2010-04-01/Accounts/{net.account_sid}/Recordings/{SOUND[queue]}",
            )
        )  # fmt: skip
    day.store.queue.settle(call_id, "left", now)
    day.store.end_call(call_id, "completed", now + timedelta(minutes=1))
    return call_id


def said(browser: Browser, path: str = "/console/board") -> str:
    """The sentence shown once on the next page."""
    found = re.search(r'<p class="message" data-kind="(\w+)">.*?<span>(.*?)</span>', browser.get(path).text, re.DOTALL)
    return f"{found[1]}: {found[2]}" if found else ""


# --- who sees what ------------------------------------------------------------------------------------------------

OBJECTS = (
    ("GET", "/console/calls/CA{queue}"),
    ("GET", "/console/tickets/{reference}"),
    ("POST", "/console/tickets/{reference}"),
    ("GET", "/console/recordings/{sound}/sound"),
    ("POST", "/console/messages/{sound}/done"),
    ("POST", "/console/callbacks/CA{queue}/1/0/call"),
    ("POST", "/console/callbacks/CA{queue}/1/0/move"),
    ("POST", "/console/callbacks/CA{queue}/1/0/cancel"),
)
TALK_ACTS = (
    "accept", "decline", "hold", "resume", "consult", "bring_in", "complete", "cancel_consult", "hand_over", "end",
    "more_time", "note", "wrap_up",
)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "seen"), [("li", {"support"}), ("chen", {"security"}), ("wang", {"support", "security"})]
)
def test_what_belongs_to_another_queue_is_not_there(day: Day, who: str, seen: set[str]) -> None:
    for queue in REFERENCE:
        left_behind(day, queue)
    browser = day.logged_in(who)
    for queue, known in REFERENCE.items():
        for method, path in OBJECTS:
            address = path.format(queue=queue, reference=known, sound=SOUND[queue])
            answer = browser.get(address) if method == "GET" else browser.post(address)
            hidden = answer.status_code == 404 and 'class="login"' in answer.text
            assert hidden == (queue not in seen), (who, method, address)


def test_lists_hold_only_what_may_be_opened(day: Day) -> None:
    for queue in REFERENCE:
        left_behind(day, queue)
    for page in ("board", "tickets?status=", "messages", "callbacks", "calls"):
        text = day.logged_in("li").get(f"/console/{page}").text
        for private in (REFERENCE["security"], SOUND["security"], "CAsecurity", "安全专员"):
            assert private not in text, page


def test_a_story_leads_only_where_its_reader_may_go(day: Day) -> None:
    for queue in REFERENCE:
        left_behind(day, queue)
    page = day.logged_in("li").get("/console/calls/CAsupport").text
    assert REFERENCE["security"] in page, "an open ticket of the same account is known of"
    assert f'/tickets/{REFERENCE["support"]}"' in page
    assert f'/tickets/{REFERENCE["security"]}"' not in page


def test_nobody_acts_in_anothers_talk(day: Day) -> None:
    with day.store.talks.transaction() as tx:
        tx.add(
            TalkRow(id="TK1", kind="queue", subject="CA1", call_id="CA1", queue="support", agent="zhao",
                    state="talking", offered_at=day.now)
        )  # fmt: skip
    for who in ("li", "wang"):
        browser = day.logged_in(who)
        for what in TALK_ACTS:
            assert browser.post(f"/console/talks/TK1/{what}").status_code == 404
            assert browser.post(f"/console/talks/TK9/{what}").status_code == 404


def test_a_caller_one_has_talked_to_stays_readable(day: Day) -> None:
    left_behind(day, "security")
    li = day.logged_in("li")
    states: dict[TalkState, int] = {"missed": 404, "refused": 404, "gone": 404, "over": 200}
    for state, status in states.items():
        with day.store.talks.transaction() as tx:
            tx.add(
                TalkRow(id=f"TK{state}", kind="consult", subject="CAsecurity", call_id="CAsecurity", queue="security",
                        agent="li", state=state, offered_at=day.now,
                        accepted_at=day.now if state == "over" else None)
            )  # fmt: skip
        assert li.get("/console/calls/CAsecurity").status_code == status, state


@pytest.mark.parametrize("page", ["board", "calls", "calls/CAsupport", "callbacks", "messages", "tickets?status="])
def test_numbers_are_without_their_middle_outside_of_talk_and_ticket(day: Day, page: str) -> None:
    left_behind(day, "support")
    text = day.logged_in("wang").get(f"/console/{page}").text
    for whole in (NUMBER, NUMBER[3:], "137 1234 5678", ACCOUNT):
        assert whole not in text


def test_a_ticket_shows_whom_to_ring(day: Day) -> None:
    left_behind(day, "support")
    text = day.logged_in("li").get(f"/console/tickets/{REFERENCE['support']}").text
    assert "137 1234 5678" in text
    assert ACCOUNT in text


def test_a_supervisor_unlocks_the_account_of_a_ticket_and_an_agent_cannot(day: Day) -> None:
    left_behind(day, "support")
    day.store.claim("wrong-account", ACCOUNT, 10, day.now, 1800)
    page = f"/console/tickets/{REFERENCE['support']}"
    assert f"{page}/unlock" not in day.logged_in("li").get(page).text
    day.logged_in("li").post(f"{page}/unlock")
    assert counted(day.store, "wrong-account", ACCOUNT, day.now) == 1
    assert f"{page}/unlock" in day.logged_in("wang").get(page).text
    day.logged_in("wang").post(f"{page}/unlock")
    assert counted(day.store, "wrong-account", ACCOUNT, day.now) == 0
    assert day.store.audit_log.latest()[0].what == "unlock"


# --- nothing of a caller becomes part of a page -------------------------------------------------------------------

_ELEMENTS = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=//e>")
PAYLOADS = (
    *_ELEMENTS,
    '=HYPERLINK("http://evil.example","x")', "javascript:alert(1)", "{{7*7}}", "{% for x in y %}", "${jndi:ldap://e}",
    '" onmouseover="alert(1)', "' onfocus='alert(1)' autofocus='", "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>", "--><script>alert(1)</script>", "]]><script>alert(1)</script>",
    "<a href=javascript:alert(1)>x</a>", "<body onload=alert(1)>", "<details open ontoggle=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>", "<style>@import'//e'</style>", "<base href=//e>",
    "<form action=//e><button>", "<meta http-equiv=refresh content=0;//e>", "<link rel=stylesheet href=//e>",
    "<object data=//e>", "\"><script src=//e></script>", "<ScRiPt>alert(1)</sCrIpT>", "<script\x0c>alert(1)</script>",
    "<<script>alert(1)//<</script>", "<scr<script>ipt>alert(1)</script>", "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "\\u003cscript\\u003e", "<template><script>1</script>",
    *(f"{before}{element}{after}" for element in _ELEMENTS
      for before, after in (('">', ""), ("'>", ""), ("</option>", ""), ("</td>", "</td>"), ("</p>", "<p>"), ("`", "`"),
                            ("\n", "\n"), ("/*", "*/"), ("<!--", "-->"), ("\t", ""), ("<b>", "</b>"), ("=", ""),
                            ("+", ""), ("@", ""), ("-", ""), ("</dd>", "<dd>"), ("\x00", "\x00"))),
)  # fmt: skip
OWN_SCRIPTS = ("/console/static/console.js", "/console/static/pages.js", "/console/static/reports.js")


class Nodes(HTMLParser):
    """Whatever on a page would run, load or send elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "script" and not told.get("src", "").startswith(OWN_SCRIPTS):
            self.bad.append(self.get_starttag_text() or tag)
        if tag in ("iframe", "object", "embed", "base", "style", "math", "template"):
            self.bad.append(tag)
        for name, value in told.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.bad.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "data") and not value.startswith(("/console/", "#")):
                self.bad.append(f"{tag} {name}={value}")


def test_no_word_of_a_caller_becomes_part_of_a_page(day: Day) -> None:
    assert len(set(PAYLOADS)) >= 100
    for queue in REFERENCE:
        left_behind(day, queue, "".join(PAYLOADS))
    with day.store.turn("CAsupport") as page:
        for number, payload in enumerate(PAYLOADS):
            page.open_ticket(
                TicketRow(reference=f"9{number:06}", call_id="CAsupport", topic=payload, opened_at=day.now,
                          note=payload, phone=payload, account=payload, about=json.dumps({payload: ["words", payload]}))
            )  # fmt: skip
    day.store.switch_on("notice", "n", {"zh": PAYLOADS[0], "en": PAYLOADS[1]}, day.now, by=PAYLOADS[2])
    day.store.switch_on("closure", "support", {"zh": PAYLOADS[3], "en": PAYLOADS[4]}, day.now, by=PAYLOADS[5])
    with day.store.talks.transaction() as tx:
        tx.add(
            TalkRow(id="TK1", kind="queue", subject="CAsupport", call_id="CAsupport", queue="support", agent="wang",
                    state="wrap_up", offered_at=day.now, ended_at=day.now, note=PAYLOADS[0])
        )  # fmt: skip
    browser = day.logged_in("wang")
    pages = ["board", "board/now", "my-call/now", "my-call/bar", "tickets?status=", "messages", "callbacks", "calls",
             "calls/CAsupport", "notices", f"tickets/{REFERENCE['support']}", "reports", "me"]  # fmt: skip
    pages += [f"tickets/9{number:06}" for number in range(0, len(PAYLOADS), 7)]
    for page_ in pages:
        answer = browser.get(f"/console/{page_}")
        assert answer.status_code == 200, page_
        nodes = Nodes()
        nodes.feed(answer.text)
        assert nodes.bad == [], page_
    assert "alert(1)" in browser.get("/console/calls/CAsupport").text, "the words themselves are shown"


@pytest.mark.parametrize("query", PAYLOADS[:12])
def test_what_is_searched_for_is_no_part_of_the_page_either(day: Day, query: str) -> None:
    for path in ("/console/tickets", "/console/calls"):
        nodes = Nodes()
        nodes.feed(
            day.logged_in("li").client.get(path, query_string={"q": query}, base_url="https://desk.example").text
        )
        assert nodes.bad == []


# --- every page in both languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_speaks_the_language_of_its_reader(day: Day, language: str) -> None:
    left_behind(day, "support")
    for who in ("li", "wang"):
        browser = day.logged_in(who)
        browser.post("/console/language", {"language": language, "back": "/console/board"})
        for name in ("board", "tickets", "messages", "callbacks", "calls", *(["notices"] if who == "wang" else [])):
            page = browser.get(f"/console/{name}").text
            assert f"<h1>{TEXTS[f'{name}.title'][language]}</h1>" in page
            assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in page


def test_every_page_can_be_read_aloud(day: Day) -> None:
    """Every field has a label, every table a caption, every dialog and region a name."""
    left_behind(day, "support")
    day.store.switch_on("notice", "n", {"zh": "甲", "en": "a"}, day.now, by="wang")
    browser = day.logged_in("wang")
    for name in ("board", "tickets?status=", "messages", "callbacks", "calls", "notices", "calls/CAsupport",
                 f"tickets/{REFERENCE['support']}"):  # fmt: skip
        page = browser.get(f"/console/{name}").text
        labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
        for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page):
            wrapped = 'type="radio"' in field or 'type="checkbox"' in field
            known = re.search(r' id="([^"]+)"', field)
            assert 'type="hidden"' in field or wrapped or (known and known[1] in labelled), (name, field)
        assert page.count("<table") - page.count('class="keys"') == page.count("<caption")
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), name
        for named in re.findall(r'aria-labelledby="([^"]+)"', page):
            assert named in ids, (name, named)


# --- being there, and talking -------------------------------------------------------------------------------------


def test_an_agent_says_whether_they_are_there(day: Day) -> None:
    li = day.logged_in()
    acts = [("ready", {}, "ready", ""), ("away", {"reason": "lunch"}, "away", "lunch"),
            ("away", {"reason": "<script>"}, "away", "other"), ("off", {}, "off", "")]  # fmt: skip
    for act, form, presence, reason in acts:
        assert li.post(f"/console/my-call/{act}", form).status_code == 303
        row = day.store.talks.presences()["li"]
        assert (row.presence, row.reason) == (presence, reason)
    assert [(deed.by, deed.what, deed.about) for deed in day.store.audit_log.latest(4)] == [
        ("li", "off", ""), ("li", "away", "other"), ("li", "away", "lunch"), ("li", "ready", ""),
    ]  # fmt: skip


def test_what_cannot_be_done_is_told_in_a_sentence(day: Day) -> None:
    li = day.logged_in()
    li.post("/console/my-call/next")
    assert said(li) == "refused: 请先设为空闲。"
    day.actions.ready("li")
    li.post("/console/my-call/next")
    assert said(li) == "refused: 现在没有人在等。"
    assert all(deed.what != "take next" for deed in day.store.audit_log.latest(9)), "what was not done is no deed"


def test_every_reason_has_a_sentence() -> None:
    from ivr.agents.actions import NotNow

    reasons = re.findall(r"\b[a-z_]+\b", (NotNow.__doc__ or "").partition("key.")[2])
    assert len(reasons) >= 12
    assert [reason for reason in reasons if f"not_now.{reason}" not in TEXTS] == []


def in_a_talk(day: Day) -> tuple[Browser, str]:
    """Li talks to a caller whom the hotline knows; gives her browser and the talk."""
    day.phone(LI_PHONE)
    day.actions.ready("li")
    day.call(SUPPORTED)
    li = day.logged_in()
    day.run(20)
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    assert talk.state == "talking"
    return li, talk.id


def test_during_a_talk_the_whole_story_is_there(day: Day) -> None:
    li, _ = in_a_talk(day)
    page = li.get("/console/board").text
    (ticket,) = day.store.tickets()
    for known in ("王小明", "已核实：短信验证码", "62220001", "138 0013 8000", "清风茶馆", "88元", ticket.reference,
                  "本应在11月23日星期一前处理完", "按 3：提现或退款", "〔按键输入了验证码〕"):  # fmt: skip
        assert known in page, known


def test_hold_resume_and_end_leave_a_note_to_write(day: Day) -> None:
    li, talk = in_a_talk(day)
    for act, state in (("hold", "held"), ("resume", "talking"), ("end", "wrap_up")):
        assert li.post(f"/console/talks/{talk}/{act}").status_code == 303
        day.run(2)
        row = day.store.talks.get(talk)
        assert row is not None
        assert row.state == state, act
    assert 'id="wrap-head"' in li.get("/console/my-call/now").text
    form = {"code": "resolved", "note": "card 4111 1111 1111 1111, 已退款", "ticket": "closed"}
    li.post(f"/console/talks/{talk}/wrap_up", form)
    row, (ticket,) = day.store.talks.get(talk), day.store.tickets()
    assert row is not None
    assert (row.state, row.code) == ("over", "resolved")
    assert (ticket.status, ticket.note) == ("closed", "card [card …1111], 已退款")
    assert said(li) == "done: 已保存，您现在空闲。"


def test_the_time_for_the_note_runs_on_the_page(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/end")
    day.run(10)
    page = li.get("/console/my-call/now").text
    ends = re.search(r'data-until="\d+">0:(\d\d)<', page)
    assert ends is not None
    assert int(ends[1]) in range(15, 22)


def test_a_code_is_asked_for_and_none_is_chosen_beforehand(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/end")
    page = li.get("/console/my-call/now").text
    radios = re.findall(r'<input id="code-\d"[^>]*>', page)
    assert len(radios) == 5
    assert all(" required" in one and " checked" not in one for one in radios)
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "已退款"})
    assert said(li) == "refused: 请选择通话结果。"


def test_a_note_is_kept_from_the_first_second_and_shown_on_the_next_call(day: Day) -> None:
    li, talk = in_a_talk(day)
    assert 'data-save="' in li.get("/console/my-call/now").text
    kept = li.post(f"/console/talks/{talk}/note", {"note": "退款已发两次 4111 1111 1111 1111"}).json
    assert kept is not None
    assert (kept["until"], kept["note"]) == (None, None)
    assert "退款已发两次 [card …1111]</textarea>" in li.get("/console/my-call/now").text
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    kept = li.post(f"/console/talks/{talk}/note", {"note": "退款已发两次，等银行"}).json
    assert kept is not None
    assert kept["until"] > day.now.timestamp() + 29, "typing keeps wrap-up open"
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "退款已发两次，等银行", "code": "follow_up"})
    assert li.post(f"/console/talks/{talk}/note", {"note": "太晚"}).status_code == 409
    row = day.store.talks.get(talk)
    assert row is not None
    assert "李娜 的备注：退款已发两次，等银行 〔需跟进〕" in li.get(f"/console/calls/{row.call_id}").text
    assert "退款已发两次，等银行" in day.store.tickets()[0].note
    day.run(5)
    day.call(SUPPORTED)
    day.run(20)
    again = li.get("/console/my-call/now").text
    assert "退款已发两次，等银行" in again
    assert "需跟进" in again
    report = day.logged_in("wang").get("/console/reports?by=code").text
    assert re.search(r'<th scope="row">需跟进</th><td class="number">1</td>', report), "and in reports"


def test_a_note_whose_time_is_over_is_a_draft_that_can_be_finished(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    li.post(f"/console/talks/{talk}/note", {"note": "银行说"})
    day.run(40)
    page = li.get("/console/my-call/now").text
    row = day.store.talks.get(talk)
    assert row is not None
    assert (row.state, row.note, row.code) == ("over", "银行说", "")
    assert "未完成的备注" in page
    assert "银行说" in page
    assert f"/console/calls/{row.call_id}#note-form" in page
    assert "您的备注还是草稿" in li.get(f"/console/calls/{row.call_id}").text
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "银行说明天到账", "code": "resolved"})
    assert said(li).startswith("done: ")
    assert "未完成的备注" not in li.get("/console/my-call/now").text
    assert day.store.tickets()[0].note == "银行说明天到账"


def test_a_note_that_is_sent_as_its_time_ends_is_kept_though_nothing_was_before(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/end")
    day.run(40)
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "最后一秒", "code": "resolved"})
    assert said(li).startswith("done: ")
    row = day.store.talks.get(talk)
    assert row is not None
    assert (row.note, row.code, day.store.tickets()[0].note) == ("最后一秒", "resolved", "最后一秒")


def test_a_note_is_kept_whose_talk_the_agents_telephone_has_left(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/note", {"note": "答应今天回电"})
    li.post(f"/console/talks/{talk}/hold")
    day.run(2)
    [leg] = [leg for leg in day.simulation.network.legs.values() if leg.to == LI_PHONE]
    leg.hang_up("callee")
    day.run(3)
    row = day.store.talks.get(talk)
    assert row is not None
    assert row.state == "lost"
    assert day.store.tickets()[0].note == "答应今天回电", "whoever takes the caller next reads it"
    assert li.post(f"/console/talks/{talk}/note", {"note": "答应今天四点回电"}).status_code == 200
    assert "答应今天四点回电" in li.get("/console/my-call/now").text, "among the notes to finish"
    assert "您的备注还是草稿" in li.get(f"/console/calls/{row.call_id}").text
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "答应今天四点回电", "code": "follow_up"})
    assert "答应今天四点回电 〔需跟进〕" in li.get(f"/console/calls/{row.call_id}").text


def test_a_long_note_is_kept_whole(day: Day) -> None:
    li, talk = in_a_talk(day)
    note = "😀<script>" + "末" * 5980 + "完"
    assert li.post(f"/console/talks/{talk}/note", {"note": note}).status_code == 200
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    li.post(f"/console/talks/{talk}/wrap_up", {"note": note, "code": "resolved"})
    row = day.store.talks.get(talk)
    assert row is not None
    assert row.note == note
    assert "末完 〔" in li.get(f"/console/calls/{row.call_id}").text


def test_a_ticket_whose_note_has_grown_can_still_be_changed(day: Day) -> None:
    li, talk = in_a_talk(day)
    ticket = day.store.tickets()[0].reference
    for written in ("早" * 5_000, "晚" * 5_000):  # each by somebody who has not seen the other
        day.store.edit_ticket(ticket, "open", written, day.now, seen=("open", ""))
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "末" * 5_000, "code": "resolved"})
    grown = day.store.tickets()[0]
    form = {"status": "closed", "seen_status": grown.status, "note": grown.note, "seen_note": mark(grown.note)}
    assert li.post(f"/console/tickets/{ticket}", form).status_code == 303
    kept = day.store.tickets()[0]
    assert (kept.status, len(kept.note), kept.note[0], kept.note[-5_000:]) == ("closed", 6_000, "…", "末" * 5_000)


def test_a_note_that_is_finished_takes_the_place_of_its_draft_and_of_no_other_word(day: Day) -> None:
    li, talk = in_a_talk(day)
    ticket = day.store.tickets()[0].reference
    day.store.edit_ticket(ticket, "open", "好的，好的", day.now, seen=("open", mark(day.store.tickets()[0].note)))
    li.post(f"/console/talks/{talk}/note", {"note": "好"})
    li.post(f"/console/talks/{talk}/end")
    day.run(600)
    assert day.store.tickets()[0].note == "好的，好的\n好"
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "好，已退款", "code": "resolved"})
    assert day.store.tickets()[0].note == "好的，好的\n好，已退款"


def test_two_pages_of_an_agent_lose_nothing_of_a_note(day: Day) -> None:
    li, talk = in_a_talk(day)
    path, empty = f"/console/talks/{talk}/note", mark("")
    first = li.post(path, {"note": "已核对", "seen": empty}).json
    assert first is not None
    assert first["seen"] == mark("已核对")
    assert li.post(path, {"note": "已核对退款", "seen": empty}).json == {
        "until": None, "seen": mark("已核对退款"), "note": None
    }, "sent again, as an answer got lost"  # fmt: skip
    second = li.post(path, {"note": "等银行", "seen": empty}).json
    assert second is not None
    assert second["note"] == "已核对退款\n等银行"
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    li.post(f"/console/talks/{talk}/wrap_up", {"note": "已核对退款。", "seen": mark("已核对退款"), "code": "resolved"})
    row = day.store.talks.get(talk)
    assert row is not None
    assert row.note == "已核对退款\n等银行\n已核对退款。"


def test_wrap_up_is_made_longer_up_to_the_limit_of_the_configuration(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/end")
    for _ in range(14):
        day.run(25)
        row = day.store.talks.get(talk)
        assert row is not None
        if row.state != "wrap_up":
            break
        li.post(f"/console/talks/{talk}/more_time")
    assert row.ended_at is not None
    assert row.wrapped_at is not None
    assert 300 <= (row.wrapped_at - row.ended_at).total_seconds() <= 303


def test_every_answer_tells_the_time_of_the_hotline(day: Day) -> None:
    li = day.logged_in()
    for path in ("/console/board", "/console/my-call/now", "/console/parts", "/console/static/time.js"):
        assert li.get(path).headers["X-Now"] == f"{day.now.timestamp():.3f}", path
    assert f'data-now="{day.now.timestamp()}"' in li.get("/console/board").text


@pytest.mark.parametrize("picked_up", [True, False], ids=["after picking up", "before"])
def test_a_caller_is_accepted_on_the_page_without_a_key(day: Day, picked_up: bool) -> None:
    day.phone(ZHAO_PHONE, answers_after=None)
    day.phone(LI_PHONE, answers_after=1.0 if picked_up else 8.0, presses=None)
    day.actions.ready("zhao")
    day.call(SUPPORTED)
    day.actions.off("zhao")
    day.actions.ready("li")
    day.run(4)
    li, talk = day.logged_in(), day.store.talks.of_agent("li")
    assert talk is not None
    assert (talk.state, bool(talk.leg)) == ("ringing", picked_up)
    assert 'id="act-accept"' in li.get("/console/my-call/now").text
    li.post(f"/console/talks/{talk.id}/accept")
    assert said(li) == "done: 已接听，对方马上接入。"
    day.run(25)
    talking = day.store.talks.get(talk.id)
    assert talking is not None
    assert talking.state == "talking"
    li.post(f"/console/talks/{talk.id}/accept")
    assert said(li) == "refused: 电话已经不再振铃。"


def test_what_an_agent_will_be_after_the_talk_is_seen_by_all(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post("/console/my-call/away", {"reason": "lunch"})
    assert said(li) == "done: 本次通话结束后，您将离开。"
    mine = li.get("/console/my-call/now").text
    assert "之后：离开" in mine
    assert 'id="act-ready"' in mine, "it can be taken back"
    assert 'id="act-away"' not in mine
    assert "之后：离开" in day.logged_in("wang").get("/console/board/now").text
    li.post("/console/my-call/ready")
    assert "之后：" not in li.get("/console/my-call/now").text
    li.post("/console/my-call/away", {"reason": "lunch"})
    li.post(f"/console/talks/{talk}/end")
    day.run(1)
    li.post(f"/console/talks/{talk}/wrap_up", {"code": "resolved"})
    page = li.get("/console/my-call/now").text
    assert 'data-state="away">离开' in page
    assert "用餐" in page


def test_nobody_is_offered_who_would_have_to_be_refused(day: Day) -> None:
    li, _ = in_a_talk(day)
    page = li.get("/console/my-call/now").text
    assert re.search(r'id="act-consult"[^>]* disabled', page)
    assert "任一空闲同事" not in page
    day.actions.ready("wang")
    page = li.get("/console/my-call/now").text
    assert not re.search(r'id="act-consult"[^>]* disabled', page)
    assert "王芳" in page
    assert "客户服务：任一空闲同事" in page
    assert "安全专员：任一空闲同事" not in page


def test_a_colleague_is_asked_and_takes_over(day: Day) -> None:
    li, talk = in_a_talk(day)
    day.phone(WANG_PHONE)
    day.actions.ready("wang")
    assert "王芳" in li.get("/console/my-call/now").text
    li.post(f"/console/talks/{talk}/consult", {"whom": "wang"})
    day.run(20)
    wang = day.logged_in("wang")
    assert "act-complete" in li.get("/console/my-call/now").text
    assert "王小明" in wang.get("/console/my-call/now").text
    for act in ("bring_in", "complete"):
        li.post(f"/console/talks/{talk}/{act}")
        assert said(li).startswith("done: "), act
        day.run(3)
    mine, hers = day.store.talks.get(talk), day.store.talks.of_agent("wang")
    assert mine is not None
    assert hers is not None
    assert (mine.state in ("wrap_up", "over"), hers.state) == (True, "talking")


def test_a_caller_is_handed_over_to_a_queue_in_which_somebody_could_answer(day: Day) -> None:
    li, talk = in_a_talk(day)
    li.post(f"/console/talks/{talk}/hand_over", {"queue": "nowhere"})
    assert said(li).startswith("refused: ")
    assert '<option value="senior">' not in li.get("/console/my-call/now").text, "nobody is there who could answer"
    day.actions.ready("wang")
    assert '<option value="senior">' in li.get("/console/my-call/now").text
    li.post(f"/console/talks/{talk}/hand_over", {"queue": "senior"})
    assert said(li) == "done: 已转到其他队列。"
    assert day.store.queue.length("senior") == 1


def test_who_rings_stands_above_every_page(day: Day) -> None:
    day.phone(LI_PHONE, answers_after=None)
    day.actions.ready("li")
    day.call(SUPPORTED)
    day.run(2)
    li = day.logged_in()
    assert 'data-ringing="来电: 退款"' in li.get("/console/tickets").text
    assert 'data-ringing="来电: 退款"' in li.get("/console/board").text
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    li.post(f"/console/talks/{talk.id}/decline")
    assert "data-ringing" not in li.get("/console/tickets").text


def test_the_next_caller_is_taken_on_the_page(day: Day) -> None:
    day.phone(ZHAO_PHONE, answers_after=None)
    day.phone(LI_PHONE)
    day.actions.ready("zhao")
    day.call(SUPPORTED)
    day.actions.off("zhao")
    day.actions.away("li", "break")
    li = day.logged_in()
    assert "1 人在等" in li.get("/console/board").text
    li.post("/console/my-call/next")
    assert said(li) == "done: 正在呼叫您的电话，请接听。"
    day.run(15)
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    assert (talk.state, talk.by_browser) == ("talking", True)


# --- tickets ------------------------------------------------------------------------------------------------------


def test_a_reference_leads_to_its_ticket_however_it_is_spaced(day: Day) -> None:
    left_behind(day, "support")
    known = REFERENCE["support"]
    for typed in (known, f"{known[:3]} {known[3:]}", f"{known[:4]}-{known[4:]}"):
        answer = day.logged_in().get(f"/console/tickets?q={typed}")
        assert answer.headers["Location"] == f"/console/tickets/{known}"


def test_every_single_typing_error_is_told_as_one(day: Day) -> None:
    left_behind(day, "support")
    known = REFERENCE["support"]
    li = day.logged_in()
    wrong = {f"{known[:at]}{(int(known[at]) + 3) % 10}{known[at + 1 :]}" for at in range(1, 7)}
    wrong |= {
        known[:at] + known[at + 1] + known[at] + known[at + 2 :] for at in range(1, 6) if known[at] != known[at + 1]
    }
    for typed in wrong:
        assert "相邻两位颠倒了" in li.get(f"/console/tickets?q={typed}").text, typed
    assert "没有这个受理编号的工单" in li.get(f"/console/tickets?q={reference.make(77)}").text


def test_the_last_digits_of_a_number_find_its_tickets(day: Day) -> None:
    left_behind(day, "support")
    li = day.logged_in()
    for typed, found in (
        ("5678", True),
        ("345678", True),
        ("9999", False),
        ("78", False),
        ("%", False),
        ("_____", False),
    ):
        assert (REFERENCE["support"] in li.get(f"/console/tickets?status=&q={typed.replace('%', '%25')}").text) == found


def test_tickets_are_sifted(day: Day) -> None:
    for queue in REFERENCE:
        left_behind(day, queue)
    day.store.set_ticket(REFERENCE["security"], "closed", day.now)
    wang = day.logged_in("wang")
    table = {
        "": {"support"}, "status=": {"support", "security"}, "status=closed": {"security"}, "status=open": {"support"},
        "status=&queue=security": {"security"}, "status=&topic=message": {"support", "security"},
        "status=&topic=refund": set(), "status=&priority=urgent": set(),
        "status=&priority=normal": {"support", "security"},
    }  # fmt: skip
    for query, expected in table.items():
        text = wang.get(f"/console/tickets?{query}").text
        assert {queue for queue, known in REFERENCE.items() if f"/tickets/{known}" in text} == expected, query


def hidden(browser: Browser, page: str) -> dict[str, str]:
    """The fields of a ticket's form as the page has them: what its reader has seen, and what is sent untouched."""
    text = browser.get(page).text
    form = dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', text))
    (note,) = re.findall(r'<textarea id="note"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
    return {**form, "status": form["seen_status"], "note": unescape(note).replace("\n", "\r\n")}


def test_a_ticket_is_worked_on_and_the_note_is_cleaned(day: Day) -> None:
    left_behind(day, "support")
    page = f"/console/tickets/{REFERENCE['support']}"
    li = day.logged_in()
    li.post(page, {**hidden(li, page), "status": "working", "note": "his PIN is 1234"})
    assert said(li, page) == "done: 工单已保存。"
    row = day.store.ticket(REFERENCE["support"])
    assert row is not None
    assert (row.status, "1234" in row.note) == ("working", False)
    assert day.store.audit_log.latest(1)[0].what == "ticket working"
    li.post(page, {"status": "banana", "note": ""})
    assert said(li, page).startswith("refused: ")


def test_two_who_work_on_one_ticket_lose_nothing(day: Day) -> None:
    left_behind(day, "support", "要求退款")
    page, known = f"/console/tickets/{REFERENCE['support']}", REFERENCE["support"]
    li, wang = day.logged_in(), day.logged_in("wang")
    seen_by_li, seen_by_wang = hidden(li, page), hidden(wang, page)
    li.post(page, {**seen_by_li, "status": "closed", "note": "要求退款\r\n已退款"})
    wang.post(page, {**seen_by_wang, "note": "要求退款\r\n客户又来电"})
    assert said(wang, page).startswith("done: 工单已保存。期间有同事也改过")
    row = day.store.ticket(known)
    assert row is not None
    assert (row.status, row.note) == ("closed", "要求退款\n已退款\n客户又来电")
    li.post(page, hidden(li, page))
    assert day.store.ticket(known) == row, "what is sent untouched changes nothing"
    li.post(page, {**hidden(li, page), "status": "open", "note": "已退款"})
    row = day.store.ticket(known)
    assert row is not None
    assert (row.status, row.note, row.closed_at) == ("open", "已退款", None)


def test_a_long_note_is_not_cut_by_those_who_add_to_it(day: Day) -> None:
    long = "\n".join(f"通话 {number}: {'记' * 90}" for number in range(20))
    left_behind(day, "support", long)
    page, known = f"/console/tickets/{REFERENCE['support']}", REFERENCE["support"]
    li = day.logged_in()
    li.post(page, {**hidden(li, page), "note": f"{long}\r\n最后一条"})
    row = day.store.ticket(known)
    assert row is not None
    assert row.note == f"{long}\n最后一条"


# --- messages -----------------------------------------------------------------------------------------------------


def recorded(day: Day) -> str:
    """Somebody complains in their own words; gives the id of the recording the network keeps."""
    line = day.call("1 4 4 1 ~ -")
    line.hang_up()
    day.run(2)
    (recording,) = day.store.recordings(line.sid)
    return recording.id


def test_a_message_is_played_through_us_and_heard_once(day: Day) -> None:
    sound = recorded(day)
    li, wang = day.logged_in(), day.logged_in("wang")
    address = f"/console/recordings/{sound}/sound"
    whole = li.get(address)
    assert (whole.status_code, whole.mimetype, whole.data[:4]) == (200, "audio/x-wav", b"RIFF")
    row = day.store.recording(sound)
    assert row is not None
    assert row.heard_by == "li"
    part = wang.get(address, Range="bytes=0-99")
    assert (part.status_code, part.data) == (206, whole.data[:100])
    assert part.headers["Content-Range"] == f"bytes 0-99/{len(whole.data)}"
    assert wang.get(address, Range="bytes=99999999-").status_code == 416
    again = day.store.recording(sound)
    assert again is not None
    assert again.heard_by == "li", "the first one is remembered"
    assert [deed.by for deed in day.store.audit_log.latest(9) if deed.what == "heard"] == ["li"]


def test_a_recording_from_elsewhere_is_not_played(day: Day) -> None:
    left_behind(day, "support")
    with day.store.turn("CAsupport") as page:
        page.add_recording(
            RecordingRow(id="RE" + "c" * 32, call_id="CAsupport", turn=3, seconds=3, made_at=day.now,
                         url="http://169.254.169.254/latest/meta-data")
        )  # fmt: skip
    li = day.logged_in()
    assert li.get(f"/console/recordings/RE{'c' * 32}/sound").status_code == 404
    assert li.get(f"/console/recordings/{SOUND['support']}/sound").status_code == 404, "the network never kept it"
    row = day.store.recording(SOUND["support"])
    assert row is not None
    assert row.heard_at is None


def test_the_unheard_stand_first_and_what_is_done_last(day: Day) -> None:
    sound = recorded(day)
    wang = day.logged_in("wang")

    def part() -> str:
        page = wang.get("/console/messages/now").text
        heads = {match.start(): match[1] for match in re.finditer(r'<h2 id="messages-(\w+)"', page)}
        return next((name for at, name in sorted(heads.items(), reverse=True) if at < page.find(sound)), "")

    assert part() == "unheard"
    wang.get(f"/console/recordings/{sound}/sound")
    assert part() == "open"
    wang.post(f"/console/messages/{sound}/done")
    assert part() == "done"
    (ticket,) = day.store.tickets()
    assert ticket.status == "closed"


# --- calls that were promised -------------------------------------------------------------------------------------


def test_a_promised_call_is_put_off_within_opening_hours(day: Day) -> None:
    left_behind(day, "support")
    li = day.logged_in()
    key = "CAsupport/1/0"
    times = {
        "": "refused", "yesterday": "refused", "2026-11-25T09:00": "refused", "2027-11-25T10:00": "refused",
        "2026-11-25T23:00": "refused", "2026-11-28T10:00": "refused", "2026-11-26T14:30": "done",
    }  # fmt: skip
    for at, kind in times.items():
        li.post(f"/console/callbacks/{key}/move", {"at": at})
        assert said(li, "/console/callbacks").startswith(kind), at
    row = day.store.callback(key)
    assert row is not None
    assert row.due_at.isoformat() == "2026-11-26T06:30:00+00:00"
    assert "11-26 14:30" in li.get("/console/callbacks").text


def test_a_promised_call_is_called_off_once(day: Day) -> None:
    left_behind(day, "support")
    li = day.logged_in()
    for kind in ("done", "refused"):
        li.post("/console/callbacks/CAsupport/1/0/cancel")
        assert said(li, "/console/callbacks").startswith(kind)
    assert day.store.find_callbacks(status="canceled")[0].key == "CAsupport/1/0"


def test_a_promised_call_is_made_now(day: Day) -> None:
    left_behind(day, "support")
    day.phone(LI_PHONE)
    day.actions.ready("li")
    li = day.logged_in()
    li.post("/console/callbacks/CAsupport/1/0/call")
    assert said(li) == "done: 正在呼叫您的电话，请接听。"
    talk = day.store.talks.of_agent("li")
    assert talk is not None
    assert (talk.kind, talk.subject) == ("callback", "CAsupport/1/0")
    assert "李娜 正在回电" in day.logged_in("wang").get("/console/callbacks").text


# --- notices and closings -----------------------------------------------------------------------------------------

WORDS = {"text_zh": "今晚系统维护。", "text_en": "We are down for maintenance tonight."}


def test_a_notice_is_heard_by_the_next_caller_and_not_after_it_is_off(day: Day) -> None:
    wang = day.logged_in("wang")
    wang.post("/console/notices/on", {**WORDS, "name": "maintenance"})
    day.run(2)
    assert WORDS["text_zh"] in day.call("1").heard
    assert WORDS["text_en"] in day.call("2", from_="+447700900123").heard
    page = wang.get("/console/notices").text
    assert "由 王芳" in page or "王芳 于" in page
    wang.post("/console/notices/maintenance/off")
    day.run(2)
    assert WORDS["text_zh"] not in day.call("1", from_="+8613700000001").heard
    assert [(deed.what, deed.about) for deed in day.store.audit_log.latest(2)] == [
        ("notice off", "maintenance"), ("notice on", "maintenance"),
    ]  # fmt: skip


def test_a_planned_notice_is_heard_from_its_moment_on_and_can_be_taken_back(day: Day) -> None:
    wang = day.logged_in("wang")
    begins = day.now + timedelta(hours=1)
    local = f"{begins.astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S}"
    for name in ("maintenance", "works"):
        wang.post("/console/notices/on", {**WORDS, "name": name, "from": local})
    assert said(wang, "/console/notices") == "done: 已列入计划。"
    assert wang.get("/console/notices").text.count("计划中</span>") == 2
    wang.post("/console/notices/works/off", {"begins": begins.isoformat()})
    assert WORDS["text_zh"] not in day.call("1").heard
    day.run(3601)
    assert [row.name for row in day.store.switches("notice", day.now)] == ["maintenance"]
    assert WORDS["text_zh"] in day.call("1", from_="+8613700000001").heard


def test_an_emergency_closing_holds_at_once_until_it_is_opened_again(day: Day) -> None:
    wang = day.logged_in("wang")
    wang.post("/console/closings/support/on", {**WORDS, "until": "2026-11-25T18:00"})
    day.run(2)
    assert WORDS["text_zh"] in day.call("1").heard
    assert "紧急关闭" in wang.get("/console/board").text
    (closing,) = day.store.switches("closure", day.now)
    assert (closing.by, closing.until and closing.until.isoformat()) == ("wang", "2026-11-25T10:00:00+00:00")
    wang.post("/console/closings/support/off")
    day.run(2)
    assert WORDS["text_zh"] not in day.call("1", from_="+8613700000001").heard


@pytest.mark.parametrize(
    "form",
    [
        {"text_zh": "只有中文"},
        {**WORDS, "text_en": "  "},
        {**WORDS, "text_zh": "长" * 301},
        {**WORDS, "until": "2026-11-25T09:00"},
        {**WORDS, "until": "soon"},
        {**WORDS, "from": "2026-11-25T18:00", "until": "2026-11-25T17:00"},
        {**WORDS, "area": "a/b"},
        {**WORDS, "name": "no spaces"},
        {**WORDS, "name": "../x"},
    ],
    ids=str,
)
def test_a_notice_that_cannot_be_said_is_refused(day: Day, form: dict[str, str]) -> None:
    wang = day.logged_in("wang")
    wang.post("/console/notices/on", form)
    assert said(wang, "/console/notices").startswith("refused: ")
    assert day.store.switches("notice", day.now) == ()


def test_only_supervisors_switch(day: Day) -> None:
    li = day.logged_in("li")
    assert li.get("/console/notices").status_code == 403
    for path in ("notices/on", "notices/n/off", "closings/support/on", "closings/all/off"):
        assert li.post(f"/console/{path}", WORDS).status_code == 403
    assert day.logged_in("wang").post("/console/closings/nowhere/on", WORDS).status_code == 404


# --- calls --------------------------------------------------------------------------------------------------------


def test_calls_are_found_by_account_and_by_the_end_of_a_number(day: Day) -> None:
    left_behind(day, "support")
    day.call("1", from_=CALLER)
    wang = day.logged_in("wang")
    table = {"": 2, "5678": 1, ACCOUNT: 1, "8000": 1, "62220098": 0, "12": 0, "%25": 0}
    for query, count in table.items():
        assert wang.get(f"/console/calls?q={query}").text.count('href="/console/calls/') == count, query
    assert wang.get("/console/calls?state=live").text.count('href="/console/calls/') == 1
    assert CHEN_PHONE not in wang.get("/console/calls").text


# --- what supervisors do for a queue ------------------------------------------------------------------------------


def test_a_supervisor_puts_people_away_and_off_and_takes_a_caller_forward(day: Day) -> None:
    day.actions.ready("li")
    call_id = left_behind(day, "support")
    li, wang = day.logged_in("li"), day.logged_in("wang")
    for path in ("agents/li/off", "agents/wang/away", f"waiting/{call_id}/forward"):
        assert li.post(f"/console/{path}").status_code == 403
    wang.post("/console/agents/li/away")
    assert day.store.talks.presences()["li"].presence == "away"
    wang.post("/console/agents/li/off")
    assert day.store.talks.presences()["li"].presence == "off"
    assert wang.post("/console/agents/nobody/off").status_code == 404
    wang.post(f"/console/waiting/{call_id}/forward")
    assert said(wang) == "refused: 已经结束。"
    done = [(row.by, row.what, row.about) for row in day.store.audit_log.latest(2)]
    assert done == [("wang", "put off", "li"), ("wang", "put away", "li")]


def test_a_supervisor_lets_somebody_in_who_is_kept_waiting_at_the_login(day: Day) -> None:
    li, wang = day.logged_in("li"), day.logged_in("wang")
    assert "/console/agents/li/unlock" not in wang.get("/console/board").text
    for _ in range(5):
        day.store.logins.attempt("li", "192.0.2.1", day.now)
    assert day.store.logins.attempt("li", "192.0.2.2", day.now) == 30
    assert "/console/agents/li/unlock" in wang.get("/console/board/now").text
    assert "/console/agents/li/unlock" not in li.get("/console/board").text
    assert li.post("/console/agents/li/unlock").status_code == 403
    wang.post("/console/agents/li/unlock")
    assert said(wang) == "done: 该同事现在可以重新登录。"
    assert day.store.logins.attempt("li", "192.0.2.2", day.now) == 0
    assert day.store.audit_log.latest()[0].about == "li"


def test_a_supervisor_is_told_that_somebody_who_talks_is_off_after_it(day: Day) -> None:
    in_a_talk(day)
    wang = day.logged_in("wang")
    wang.post("/console/agents/li/off")
    assert said(wang) == "done: 该同事本次通话结束后下线。"
    day.run(5)
    row = day.store.talks.of_agent("li")
    assert row is not None
    assert row.state == "talking"


def test_reports_name_queues_and_topics_as_pages_do(day: Day) -> None:
    in_a_talk(day)
    wang = day.logged_in("wang")
    assert '<th scope="row">客户服务</th>' in wang.get("/console/reports?by=queue").text
    assert '<th scope="row">退款</th>' in wang.get("/console/reports?by=topic").text


# --- the board ----------------------------------------------------------------------------------------------------


def wait(day: Day, number: int, seconds: float, queue: str = "support") -> str:
    """Somebody who has waited for so long."""
    call_id, since = f"CA{number:032d}", day.now - timedelta(seconds=seconds)
    with day.store.turn(call_id, 0) as turn:
        turn.open_call(
            CallRow(id=call_id, from_number=f"+8613800001{number:03}", to_number="", digest="", language="zh",
                    started_at=since, last_turn_at=since, turn=1)
        )  # fmt: skip
        turn.queue_entry(QueueEntry(call_id=call_id, queue=queue, joined_at=since, topic="refund", language="zh"))
    return call_id


def test_the_board_begins_with_one_row_of_figures_over_all_queues(day: Day) -> None:
    wait(day, 1, 400)
    wait(day, 2, 30, queue="senior")
    day.actions.ready("zhao")
    figures = re.sub(r"<[^>]+>|\s+", " ", day.logged_in("wang").get("/console/board").text.split("</dl>")[0])
    assert re.search(r"等待 2 +最长等待 6:4\d +今日按时接听 – +空闲 1 +/ 1 人在岗", re.sub(r" +", " ", figures))


def test_long_lists_are_cut_and_every_wait_looks_as_long_as_it_is(day: Day) -> None:
    for number in range(11):
        wait(day, number, {0: 900, 1: 60}.get(number, 1))
    page = day.logged_in("wang").get("/console/board/now").text
    shown, more = page.split('id="more-support"')
    assert shown.count('<tr id="wait-') == 8
    assert more.count('<tr id="wait-') == 3
    assert "还有 3 人" in more
    assert re.findall(r'<tr id="wait-CA0+(\d)" data-age="(\w+)"', page) == [("0", "long"), ("1", "late")]
    assert "等待很久" in page, "not by colour alone"


def test_a_supervisor_has_on_the_board_what_they_can_do_for_a_queue(day: Day) -> None:
    first, second = wait(day, 1, 60), wait(day, 2, 30)
    day.actions.ready("li")
    board = day.logged_in("wang").get("/console/board/now").text
    for path in ("agents/li/away", "agents/li/off", f"waiting/{second}/forward"):
        assert f'action="/console/{path}"' in board
    for path in (f"waiting/{first}/forward", "agents/zhao/off", "agents/wang/off"):
        assert f'action="/console/{path}"' not in board
    assert "/forward" not in day.logged_in("li").get("/console/board/now").text


def test_the_board_counts_service_as_reports_do(day: Day) -> None:
    day.phone(LI_PHONE)
    day.actions.ready("li")
    answered = day.call(SUPPORTED)
    day.run(40)
    gave_up = day.call(SUPPORTED, from_="+8613700000077")
    day.run(40)
    gave_up.hang_up()
    known = Known.of(day.simulation.app.hotline.editions.current.flows)
    today = ServiceToday(day.store, lambda: known, SHANGHAI)
    assert today.of(("support",), day.now)["support"].answered == 1, "the first one still talks"
    answered.hang_up()
    day.run(30)
    service = today.of(("support", "senior"), day.now)["support"]
    calls = day.store.figures.ended(day.now - timedelta(hours=1), day.now)
    waits = [wait for call in calls for wait in classify(call, known).waits]
    assert sorted(wait.end for wait in waits) == ["abandoned", "answered"]
    assert (service.counted, service.answered, service.abandoned) == (2, 1, 1)
    assert service.in_time == sum(wait.end == "answered" and wait.seconds <= 20 for wait in waits)
    assert (today.of(("senior",), day.now)["senior"].percent, service.is_missed) == (None, False)
    assert Service(1, 2, Target(80, 20)).is_missed
    day.run(86400)
    assert today.of(("support",), day.now)["support"].counted == 0, "another day"
