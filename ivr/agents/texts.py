"""What agents read about a call, in their own language: names of values and topics, and sentences on what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from ivr.call.languages import LANGUAGES
from ivr.call.values import Value
from ivr.flow.model import FlowSet

Table = Mapping[str, Mapping[str, str]]

VALUES: Table = {
    "amount": {"zh": "金额", "en": "Amount"},
    "arrived_at": {"zh": "到账时间", "en": "Arrived"},
    "backup_on": {"zh": "备份日期", "en": "Backup of"},
    "bank": {"zh": "银行", "en": "Bank"},
    "booked_on": {"zh": "入账日期", "en": "Booked on"},
    "booking_days": {"zh": "入账需要的工作日", "en": "Working days to book"},
    "by": {"zh": "最晚时间", "en": "By"},
    "callback_at": {"zh": "回电时间", "en": "Call back at"},
    "case_number": {"zh": "受理编号", "en": "Case number"},
    "claim_days": {"zh": "追查天数", "en": "Days of the claim"},
    "count": {"zh": "数量", "en": "Count"},
    "customer": {"zh": "客户", "en": "Customer"},
    "account": {"zh": "账户", "en": "Account"},
    "registered_phone": {"zh": "注册手机", "en": "Registered phone"},
    "caller": {"zh": "来电号码", "en": "Calling number"},
    "daily_limit": {"zh": "每日限额", "en": "Daily limit"},
    "device_limit": {"zh": "设备数上限", "en": "Limit of devices"},
    "denied": {"zh": "否认的付款", "en": "Payments denied"},
    "due_on": {"zh": "到期日", "en": "Due on"},
    "email": {"zh": "邮箱", "en": "E-mail"},
    "expected_on": {"zh": "预计日期", "en": "Expected on"},
    "fee": {"zh": "手续费", "en": "Fee"},
    "free": {"zh": "免费额度", "en": "Free of charge"},
    "help_page": {"zh": "帮助页面", "en": "Help page"},
    "last_day": {"zh": "截止日", "en": "Last day"},
    "least_fee": {"zh": "最低手续费", "en": "Least fee"},
    "left": {"zh": "剩余额度", "en": "Left"},
    "limit": {"zh": "限额", "en": "Limit"},
    "locked_at": {"zh": "锁定时间", "en": "Locked at"},
    "paid_at": {"zh": "付款时间", "en": "Paid at"},
    "paid_on": {"zh": "付款日期", "en": "Paid on"},
    "payee": {"zh": "收款方", "en": "Payee"},
    "payment_day": {"zh": "付款日期", "en": "Day of the payment"},
    "payment_number": {"zh": "付款编号", "en": "Payment number"},
    "payment_sum": {"zh": "付款金额", "en": "Sum of the payment"},
    "payout_days": {"zh": "到账需要的工作日", "en": "Working days to pay out"},
    "place": {"zh": "地点", "en": "Place"},
    "recording": {"zh": "录音", "en": "Recording"},
    "reference": {"zh": "业务编号", "en": "Payment or refund number"},
    "refund_days": {"zh": "可退款天数", "en": "Days to ask for a refund"},
    "refund_number": {"zh": "退款编号", "en": "Refund number"},
    "repayment_number": {"zh": "还款编号", "en": "Repayment number"},
    "review_days": {"zh": "审核需要的工作日", "en": "Working days to review"},
    "sender": {"zh": "汇款人", "en": "Sender"},
    "error_code": {"zh": "错误代码", "en": "Error code"},
    "transfer_number": {"zh": "转账编号", "en": "Transfer number"},
    "transfer_sum": {"zh": "转账金额", "en": "Amount of the transfer"},
    "available": {"zh": "可用余额", "en": "Available"},
    "held": {"zh": "处理中的金额", "en": "Being processed"},
    "single_limit": {"zh": "单笔限额", "en": "Limit of one payment"},
    "social": {"zh": "社交账号", "en": "Social media"},
    "solved_on": {"zh": "解决日期", "en": "Solved on"},
    "stated_account": {"zh": "来电人报的账户", "en": "Account the caller stated"},
    "stated_tail": {"zh": "来电人报的尾号", "en": "Last digits the caller stated"},
    "submitted_on": {"zh": "提交日期", "en": "Submitted on"},
    "tail": {"zh": "卡号尾号", "en": "Card"},
    "ticket": {"zh": "受理编号", "en": "Reference"},
    "transfer_percent": {"zh": "转账费率", "en": "Transfer fee in percent"},
    "unlocks_at": {"zh": "解锁时间", "en": "Unlocks at"},
    "until": {"zh": "截止时间", "en": "Until"},
    "wished_time": {"zh": "希望的回电时间", "en": "Wished time of the call"},
    "wished_number": {"zh": "希望回拨的号码", "en": "Wished number of the call"},
    "withdrawal_number": {"zh": "提现编号", "en": "Withdrawal number"},
    "withdrawal_percent": {"zh": "提现费率", "en": "Withdrawal fee in percent"},
}
"""What the values of the shipped flows and handlers are called; one of your own is called by its name."""

TOPICS: Table = {
    "callback": {"zh": "预约回电", "en": "Call back"},
    "message": {"zh": "留言", "en": "Message"},
    "": {"zh": "未说明", "en": "Not said"},
}
"""Topics of tickets that no flow has a title for."""

QUEUES: Table = {
    "support": {"zh": "客户服务", "en": "Customer service"},
    "senior": {"zh": "主管", "en": "Supervisors"},
    "security": {"zh": "安全专员", "en": "Security team"},
}
"""The shipped queues; one of your own is called by its `doc`."""

HAPPENED: Table = {
    "keyed_account": {"zh": "〔按键输入了账户或手机号〕", "en": "[keyed in an account or phone number]"},
    "keyed_code": {"zh": "〔按键输入了验证码〕", "en": "[keyed in a one-time code]"},
    "keyed_pin": {"zh": "〔按键输入了电话密码〕", "en": "[keyed in the phone PIN]"},
    "keyed": {"zh": "〔按键〕", "en": "[pressed keys]"},
    "said": {"zh": "〔说话〕", "en": "[spoke]"},
    "key": {"zh": "按 {key}", "en": "Pressed {key}"},
    "chose": {"zh": "按 {key}：{label}", "en": "Pressed {key}: {label}"},
    "chose_by_voice": {"zh": "说：{label}", "en": "Said: {label}"},
    "gave": {"zh": "{name}：{text}", "en": "{name}: {text}"},
    "yes": {"zh": "是", "en": "Yes"},
    "no": {"zh": "不", "en": "No"},
    "not_understood": {"zh": "〔没有听懂的输入〕", "en": "[an answer that was not understood]"},
    "silent": {"zh": "〔没有出声〕", "en": "[silence]"},
    "score": {"zh": "评分 {score}（满分 {scale}）", "en": "Score {score} of {scale}"},
    "message": {"zh": "〔录音，{seconds} 秒〕", "en": "[recorded a message, {seconds} seconds]"},
    "no_message": {"zh": "〔没有留言〕", "en": "[left no message]"},
    "hung_up": {"zh": "来电人挂机", "en": "The caller hung up"},
    "ended": {"zh": "通话结束", "en": "The call ended"},
    "identified": {"zh": "身份已核实：{factor}", "en": "Identified by {factor}"},
    "unverified": {"zh": "身份没有核实成功", "en": "Could not be identified"},
    "locked": {"zh": "错误次数过多，暂时不能按键核实身份", "en": "Too many wrong answers: locked for now"},
    "asked_elsewhere": {"zh": "查询后台：{what}", "en": "Looked up: {what}"},
    "no_answer_elsewhere": {"zh": "后台没有答复", "en": "The back office did not answer"},
    "ticket": {"zh": "已开工单 {reference}", "en": "Opened ticket {reference}"},
    "texted": {"zh": "已发短信：{body}", "en": "Texted: {body}"},
    "callback": {"zh": "已约回电：{at}", "en": "Promised a call back on {at}"},
    "queueing": {"zh": "进入排队", "en": "Began to wait for a person"},
    "transferring": {"zh": "转接", "en": "Was put through"},
    "language": {"zh": "换成{language}", "en": "Changed to {language}"},
    "limit": {"zh": "通话过长，转人工", "en": "The call reached a limit; a person takes over"},
    "agent_began": {"zh": "{agent} 接听", "en": "{agent} began to talk"},
    "agent_ended": {"zh": "{agent} 结束通话", "en": "{agent} ended the talk"},
    "wait_answered": {"zh": "人工通话结束", "en": "The talk with a person was over"},
    "wait_left": {"zh": "不再等待人工", "en": "Did not wait for a person any longer"},
    "wait_full": {"zh": "排队人数已满", "en": "The queue was full"},
    "wait_nobody": {"zh": "没有人工在岗", "en": "Nobody was there to answer"},
    "wait_timeout": {"zh": "等待时间太长", "en": "Waited too long"},
    "wait_failed": {"zh": "没有接通", "en": "Could not be connected"},
    "wait_hangup": {"zh": "排队时挂机", "en": "Hung up while waiting"},
}
"""What happened in a call, as its timeline tells it."""

FACTORS: Table = {
    "code": {"zh": "短信验证码", "en": "a texted code"},
    "pin": {"zh": "电话密码", "en": "the phone PIN"},
}


def named(table: Table, key: str, language: str) -> str:
    """The name in a language, else in English, else the key with spaces."""
    words = table.get(key, {})
    return words.get(language) or words.get("en") or key.replace("_", " ")


def sentence(key: str, language: str, /, **slots: object) -> str:
    """A sentence of `HAPPENED` with its slots filled."""
    return named(HAPPENED, key, language).format(**slots)


def topic_title(flows: FlowSet | None, topic: str, language: str) -> str:
    """A topic at the head of a line: 退款, Refund. A flow's title is written for the middle of a sentence."""
    for flow in flows.flows.values() if flows is not None else ():
        if topic and flow.topic == topic and flow.title is not None:
            sentence = flow.title.sentences.get(language)
            if sentence is not None:
                return headed(sentence.source)
    return headed(named(TOPICS, topic, language))


_ARTICLE = re.compile(r"^(?:an?|the) ")


def headed(words: str) -> str:
    """Words for the head of a line: without an article, with a capital letter."""
    bare = _ARTICLE.sub("", words)
    return bare[:1].upper() + bare[1:]


def dialled(number: str, language: str) -> str:
    """A phone number as it is written: 138 0013 8000. "" stays ""."""
    words = LANGUAGES.get(language) or LANGUAGES["en"]
    return words.write(Value("phone", number), today=date.min) if number else ""


def masked(number: str, home: str = "+86") -> str:
    """A phone or account number without its middle: 138****8000, +44****0123, 62****01. "" stays ""."""
    bare = number.removeprefix(home)
    if len(bare) < 6:
        return "****" if bare else ""
    if len(bare) < 11:
        return f"{bare[:2]}****{bare[-2:]}"
    return f"{bare[:3]}****{bare[-4:]}"
