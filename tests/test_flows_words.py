"""What people say when they are asked how we can help, and where that brings them, without being asked twice.

A row is what was said first in the main menu, and the state in which the call then waits.
"""

from datetime import datetime

import pytest

from ivr.call.events import Queueing
from ivr.testing.hearing import first_menu
from tests.shipped_hotline import SUNDAY, WEDNESDAY, ShippedCall, edition

IN_CHINESE = [
    ("我的账户被锁了", "identity.who"),
    ("我登不上去", "identity.who"),
    ("忘了密码", "identity.who"),
    ("手机丢了怎么办", "lost_phone.what"),
    ("我的手机被偷了", "lost_phone.what"),
    ("付款失败了", "failed_payment.which"),
    ("我付了钱对方没收到", "failed_payment.which"),
    ("扣了我两次钱", "failed_payment.which"),
    ("还信用卡", "identity.who"),
    ("水电费没到账", "identity.who"),
    ("提现一直没到", "withdrawal_failure.which"),
    ("退款什么时候到", "refund.which"),
    ("钱没到账", "withdrawal_failure.which"),
    ("查一下我的工单", "case_status.number"),
    ("手续费多少", "fees_limits.link"),
    ("你们几点上班", "channels.want_text"),
    ("你们太差劲了，我要投诉", "complaint.how"),
    ("我要找主管", "introduction.introduce"),
    ("我要注销账户", "identity.who"),
    ("转账的时候出现错误代码", "incoming.code"),
    ("有人盗刷我的钱", "security.what"),
    ("有一笔钱不是我付的", "security.what"),
    ("救命", "security.what"),
    ("转人工", "introduction.introduce"),
    ("我要找客服", "introduction.introduce"),
    ("给我找个人说", "introduction.introduce"),
    ("我没有账户", "introduction.introduce"),
    ("请再说一遍", "hotline.main"),
    ("我听不懂", "hotline.main"),
    ("能说四川话吗", "hotline.main"),
    ("返回", "hotline.welcome"),
]

IN_ENGLISH = [
    ("my account is locked", "identity.who"),
    ("I can’t log in", "identity.who"),
    ("I forgot my password", "identity.who"),
    ("I lost my phone", "lost_phone.what"),
    ("my phone was stolen", "lost_phone.what"),
    ("my payment failed", "failed_payment.which"),
    ("my payment did not go through", "failed_payment.which"),
    ("I was charged twice", "failed_payment.which"),
    ("I have a late fee", "repayment.which"),
    ("my withdrawal has not arrived", "withdrawal_failure.which"),
    ("I want a refund", "refund.which"),
    ("where is my money", "refund.which"),
    ("I have a case with you", "case_status.number"),
    ("what fees do you charge", "fees_limits.link"),
    ("what are your opening hours", "channels.want_text"),
    ("I want to make a complaint", "complaint.how"),
    ("I am not a customer", "introduction.introduce"),
    ("get me your supervisor", "introduction.introduce"),
    ("I want to close my account", "identity.who"),
    ("I got an error code when sending money", "incoming.code"),
    ("somebody stole my money", "security.what"),
    ("I did not make this payment", "security.what"),
    ("I’ve been hacked", "security.what"),
    ("can I speak to a human", "introduction.introduce"),
    ("representative", "introduction.introduce"),
    ("repeat that please", "hotline.main"),
    ("go back", "hotline.welcome"),
]


@pytest.mark.parametrize(
    ("language", "words", "state"), [("1", *row) for row in IN_CHINESE] + [("2", *row) for row in IN_ENGLISH]
)
def test_what_is_said_in_the_main_menu_leads_there_at_once(language: str, words: str, state: str) -> None:
    assert ShippedCall("62220001").follow(f"{language} '{words}'").session.state == state


CALL_ME = {
    "1": ("你们给我打电话 明天晚上九点", "帮我约八号上午十点回电", "后天上午十点半打给我 退款的事",
          "退款没到 明天三点叫人打给我"),
    "2": ("call me back tomorrow at three", "can someone phone me on Friday at ten about my refund",
          "give me a call at six", "my refund is missing so call me on the 8th at ten"),
}  # fmt: skip
NO_CALL = {
    "1": ("你们昨天给我打过电话", "没人给我回电", "为什么不给我打电话", "刚才有人给我打电话",
          "让你们经理给我打电话", "别给我打电话了"),
    "2": ("you called me yesterday", "nobody called me back", "call me an ambulance", "have your manager ring me"),
}  # fmt: skip


@pytest.mark.parametrize(("key", "words"), [(key, words) for key, said in CALL_ME.items() for words in said])
def test_whoever_asks_to_be_called_is_asked_when_or_what_they_said_is_read_back(key: str, words: str) -> None:
    for way in ("", "4 2 ", "4 3 "):  # in the main menu, and at the questions of two topics
        assert ShippedCall("62220001").follow(f"{key} {way}'{words}'").session.state == "later.time"


@pytest.mark.parametrize(("key", "words"), [(key, words) for key, said in NO_CALL.items() for words in said])
def test_a_call_that_is_told_of_or_refused_is_not_asked_for(key: str, words: str) -> None:
    assert not ShippedCall("62220001").follow(f"{key} '{words}'").session.state.startswith("later.")


@pytest.mark.parametrize(
    ("words", "read_back"),
    [
        ("1 '退款没到 明天三点叫人给我打个电话'", "11月26日星期四下午3点"),
        ("2 'my refund is missing so call me on the 8th at ten'", "Tuesday, December 8 at 10 AM"),
        ("2 'I rang on Monday, call me tomorrow at half past two about my refund'", "November 26 at 2:30 PM"),
        ("1 '你们给我打电话 明天晚上九点'", "那时没有客服上班"),
    ],
)
def test_the_time_in_the_wish_to_be_called_is_the_time_of_the_call(words: str, read_back: str) -> None:
    assert read_back in ShippedCall("62220001").follow(words).said


@pytest.mark.parametrize(
    ("at", "words", "answer"),
    [
        (SUNDAY, "1 0 '下午六点以后'", "那时没有客服上班"),
        (SUNDAY, "1 0 2 '六点以后'", "那时没有客服上班"),
        (SUNDAY, "2 0 'after six pm'", "nobody is here at that time"),
        (SUNDAY, "1 0 2 '星期天'", "那时没有客服上班"),
        (SUNDAY, "2 0 2 'Sunday'", "nobody is here at that time"),
        (SUNDAY, "1 0 2 '明天三点以后'", "11月23日星期一下午3点"),
        (SUNDAY, "2 0 2 'after three tomorrow'", "Monday, November 23 at 3 PM"),
        (SUNDAY, "1 0 2 '越快越好'", "我们会在11月23日星期一上午9点给您回电"),
        (SUNDAY, "2 0 2 'as soon as you can'", "We will call you back on Monday, November 23 at 9 AM"),
        (SUNDAY, "1 0 2 '留言'", "留言会被录音"),
        (SUNDAY, "1 0 '我等不到礼拜一'", "没有识别到"),
        (SUNDAY, "1 0 2 '我等不到礼拜一'", "没有识别到"),
        (SUNDAY, "2 0 2 'I can’t wait until Monday'", "I did not get that"),
        (SUNDAY, "1 0 2 '星期一不行 星期二吧'", "11月24日星期二上午9点"),
        (SUNDAY, "2 0 2 'Monday is no good, Tuesday'", "Tuesday, November 24 at 9 AM"),
        (WEDNESDAY, "1 4 5 2 '上午不行下午吧'", "今天下午两点"),
        (WEDNESDAY, "2 4 5 2 'today'", "today at 10 AM"),
        (WEDNESDAY, "2 4 5 2 'today my card was stolen'", "This is the security line"),
        (WEDNESDAY, "1 '礼拜三'", "没有识别到"),
    ],
)
def test_when_somebody_is_called_is_what_they_say_that_suits_and_nothing_else(
    at: datetime, words: str, answer: str
) -> None:
    assert answer in ShippedCall("62220001", at=at).follow(words).said.rpartition("> '")[2]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("1 3 2 1 62220001# '没收到 再发一次'", "验证码已发送到注册手机"),
        ("2 3 2 1 62220001# 'I did not get it'", "We have texted a code"),
        ("1 3 2 1 62220001# '没收到' '还是没收到'", "请输入您的电话密码"),
        ("2 3 2 1 62220001# 'send it again' 'I still did not get it'", "Please enter your phone PIN"),
        ("1 3 2 1 62220001# '我手机号换了 收不到'", "请输入您的电话密码"),
        ("2 3 2 1 62220001# 'I have not got my phone'", "Please enter your phone PIN"),
        ("1 3 2 1 62220001# '验证码是什么'", "验证码用短信发到您的手机"),
        ("2 3 2 1 62220001# 'what is this code for'", "A code comes to your phone in a text message"),
        ("1 3 2 1 62220001# '我不想给你验证码 万一你是骗子'", "不要告诉任何人"),
        ("2 3 2 1 62220001# 'I am not giving you a code you could be a scammer'", "tell it to nobody"),
        ("1 3 2 1 '你们是不是骗子'", "不要告诉任何人"),
        ("1 3 2 1 '我被骗子骗了'", "这里是安全专线"),
        ("2 3 2 1 62220001# 'I was scammed'", "This is the security line"),
        ("2 3 2 1 62220001# 'where’s the code'", "We have texted a code"),
        ("2 3 2 1 62220001# 'I’ve forgotten my PIN'", "We have texted a code"),
        ("1 3 2 1 62220001# '我忘了密码'", "验证码已发送到注册手机"),
        ("2 3 2 1 62220001# 'the phone is charging in the other room'", "Please enter your phone PIN"),
        ("1 3 2 1 62220001# '手机在充电'", "请输入您的电话密码"),
        ("1 3 2 1 62220001# '等一下 还没收到'", ""),
    ],
)
def test_a_texted_code_is_sent_once_more_and_explained(words: str, answer: str) -> None:
    said = ShippedCall("62220001").follow(words).said.rpartition("> '")[2]
    assert answer in said
    assert answer or not said.partition("\n")[2], "whoever asks for a moment is waited for"


GOODBYES = {
    "1": ("没有了", "没有没有", "不用不用", "没了谢谢", "不用了再见", "没别的事了", "就这样吧", "挂了", "可以了"),
    "2": ("no no", "oh no no thanks", "no thats all", "no that’s it", "nothing else thank you", "no thanks", "nope",
          "I’m good thanks", "that will be all"),
}  # fmt: skip


@pytest.mark.parametrize(("key", "words"), [(key, words) for key, said in GOODBYES.items() for words in said])
def test_whoever_needs_nothing_else_is_let_go(key: str, words: str) -> None:
    assert ShippedCall("62220001").follow(f"{key} 3 2 3 '{words}'").session.state == "hotline.survey"


@pytest.mark.parametrize("words", ["我听不懂", "说人话", "能说四川话吗", "你会讲上海话伐", "有没有粤语"])
def test_whoever_speaks_chinese_is_not_answered_in_english(words: str) -> None:
    assert ShippedCall("62220001").follow(f"1 '{words}'").session.language == "zh"


@pytest.mark.parametrize(
    ("key", "words", "state"),
    [
        ("1", "等一下我还没说完", "hotline.anything_else"),
        ("1", "我还没问完", "hotline.anything_else"),
        ("2", "hold on", "hotline.anything_else"),
        ("2", "very good, thanks", "hotline.goodbye"),
    ],
)
def test_whoever_is_not_done_is_not_sent_off_by_the_survey(key: str, words: str, state: str) -> None:
    assert ShippedCall("62220001").follow(f"{key} 4 2 1 2 2 '{words}'").session.state == state


def test_a_need_in_the_other_language_is_kept_from_the_greeting() -> None:
    assert "Refunds." in ShippedCall("62220001").follow("'hello I need help with my 退款'").said


@pytest.mark.parametrize("words", ["我要找主管", "I want a supervisor"])
def test_a_supervisor_whom_the_greeting_was_asked_for_is_not_asked_for_again(words: str) -> None:
    walk = ShippedCall("62220001").follow(f"'{words}'")
    assert (walk.session.state, walk.session.topic) == ("introduction.introduce", "complaint")


@pytest.mark.parametrize(
    ("words", "at", "state"),
    [
        ("1 '先查手续费，然后我要找主管' 2", WEDNESDAY, "introduction.introduce"),
        ("2 'what are your fees and also get me a supervisor' 2", WEDNESDAY, "introduction.introduce"),
        ("'what are your fees and also get me a supervisor' 2", WEDNESDAY, "introduction.introduce"),
        ("2 'what are your fees and also get me a supervisor' 2", SUNDAY, "complaint.how_closed"),
    ],
)
def test_a_supervisor_as_the_second_need_is_offered_as_at_once_as_the_first(
    words: str, at: datetime, state: str
) -> None:
    assert ShippedCall("62220001", at=at).follow(words).session.state == state


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("1 3 2 '我要投诉'", "complaint.how"),
        ("2 3 2 'I want to complain'", "complaint.how"),
        ("1 1 '我要投诉'", "complaint.how"),
        ("2 2 1 'get me a supervisor'", "introduction.introduce"),
        ("2 0 'I want to complain'", "complaint.how"),
        ("2 1 3 'I want to check my balance'", "identity.who"),
        ("1 3 2 '退款还没到'", "refund.which"),
        ("2 3 1 'it did not arrive'", "withdrawal_failure.which"),
        ("1 9 '我要投诉'", "security.what"),
    ],
)
def test_another_topic_is_reached_from_the_menu_of_a_topic_but_not_out_of_the_security_lane(
    words: str, state: str
) -> None:
    assert ShippedCall("62220001").follow(words).session.state == state


SUBJECTS = [
    ("1 '我的余额'", "关于余额和付款记录的问题。", "请输入您的账户号码"),
    ("1 '账户被锁了'", "关于账户被锁定或冻结的问题。", "请输入您的账户号码"),
    ("1 2 2 '还贷款'", "", "请输入您的账户号码"),  # the topic was open
    ("1 '还贷款'", "关于还款或生活缴费的问题。", "请输入您的账户号码"),
    ("2 'what is my balance'", "About your balance and payments.", "Please enter your account number"),
    ("2 'I can not log in'", "About trouble logging in.", "Please enter your account number"),  # after a look-up
    ("2 'what are your fees'", "About fees and limits.", "A transfer costs"),
    ("1 2 3", "", "请输入您的账户号码"),  # whoever presses a key has just heard it
    ("1 '我要注销账户'", "", "请输入您的账户号码"),  # told in a sentence already
    ("1 '我要退款' '最近一笔'", "", "请输入您的账户号码"),
]


@pytest.mark.parametrize(("keys", "subject", "follows"), SUBJECTS)
def test_whoever_spoke_hears_what_was_understood_before_anything_is_asked(
    keys: str, subject: str, follows: str
) -> None:
    texts = [text for _, text in ShippedCall("62220001").follow(keys).heard]
    at = next(index for index, text in enumerate(texts) if text.startswith(follows))
    told = [text for text in texts[:at] if text.startswith(("关于", "About "))]
    assert told == ([subject] if subject else [])
    assert not subject or texts[at - 1] == subject


@pytest.mark.parametrize(("key", "words"), [("1", "不是我买的，不是"), ("2", "no, that was stolen")])
def test_whoever_denies_a_payment_in_the_security_lane_stays_in_it(key: str, words: str) -> None:
    walk = ShippedCall("62220024").follow(f"9 {key} 1 62220024# 6621 1 ID '{words}'")
    assert walk.session.state.startswith("security.was_it_you")
    assert ("已记下，这一笔不是您操作的" if key == "1" else "That one was not yours") in walk.said


@pytest.mark.parametrize(
    ("words", "keys", "first", "second"),
    [
        ("1 '我要查余额，还有我的退款到哪了'", "ID 3", "您现在可以使用的余额", "退款。"),
        ("1 '一个是手续费多少，一个是退款没到'", "2", "转账手续费是", "退款。"),
        ("1 '先查余额，然后问退款'", "ID 3", "您现在可以使用的余额", "退款。"),
        ("'我要投诉还有我要查余额'", "3 ID 3", "向法院起诉", "您现在可以使用的余额"),
        ("2 'first check my balance then ask about my refund'", "ID 3", "You can use", "Refunds."),
        ("2 'what are the fees and where is my refund'", "2", "A transfer costs", "Refunds."),
        (
            "'what are the fees and also I want to change my number'",
            "2",
            "A transfer costs",
            "change the registered number",
        ),
        (
            "2 'what are the fees and also I want to change my number'",
            "2",
            "A transfer costs",
            "change the registered number",
        ),
        ("1 '先查余额，然后转人工'", "ID 3", "您现在可以使用的余额", "正在为您转接人工客服"),
    ],
)
def test_of_two_needs_in_one_sentence_both_are_served(words: str, keys: str, first: str, second: str) -> None:
    heard = [text for _, text in ShippedCall("62220001").follow(f"{words} {keys}").heard]
    at = next(at for at, text in enumerate(heard) if first in text)
    assert any(second in text for text in heard[at:])


@pytest.mark.parametrize(("key", "day"), [("1", "11月23日星期一下午两点半"), ("2", "Monday, November 23 at 2:30 PM")])
def test_the_day_of_a_callback_is_said_before_it_is_confirmed(key: str, day: str) -> None:
    assert day in ShippedCall("62220001", at=SUNDAY).follow(f"{key} 0 2 1430#").said


def test_each_need_in_a_sentence_is_explained_by_itself() -> None:
    flow, menu = first_menu(edition())
    explained = edition().wishes.reasons(flow, menu, "余额多少，然后帮我转人工", "zh")
    assert [need for need, _, _ in explained] == ["余额多少", "帮我转人工"]


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("2 'let me talk to somebody about my refund'", "refund"),
        ("1 '我想找真人问一下我的退款'", "refund"),
        ("2 'I want to talk to a real person about my electricity bill'", "repayment"),
        ("'I want to talk to a real person about my loan repayment'", "repayment"),
    ],
)
def test_a_person_about_a_topic_is_a_person_who_is_told_the_topic(words: str, topic: str) -> None:
    session = ShippedCall("62220001").follow(words).session
    assert (session.state, session.topics(edition().flows.flows)) == ("introduction.introduce", (topic,))


def test_whoever_waits_for_a_person_about_a_topic_hears_what_to_have_at_hand() -> None:
    waits = [
        ShippedCall("62220001").follow(f"2 '{words}' 0").wait for words in ("a person about my refund", "a person")
    ]
    holds = [wait.hold.partition("To be called")[0] for wait in waits if isinstance(wait, Queueing)]
    assert holds == ["Please have the number of the refund and your proof of purchase at hand. ", ""]


@pytest.mark.parametrize("words", ["hello", "喂", "你好"])
@pytest.mark.parametrize(
    ("before", "asked"), [("", "请选择语言。"), ("2 ", "Say it, or use the keys."), ("1 ", "请说出或按键选择。")]
)
def test_whoever_greets_is_asked_once_more_without_an_apology(before: str, asked: str, words: str) -> None:
    heard = [text for _, text in ShippedCall("62220001").follow(f"{before}'{words}'").heard]
    assert asked in heard
    assert not any("did not get that" in text or "没有识别到" in text for text in heard)
    again = ShippedCall("62220001").follow(f"{before}'{words}' '{words}'").said
    assert "did not get that" in again or "没有识别到" in again
