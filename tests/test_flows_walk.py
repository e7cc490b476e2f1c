"""Every topic of the shipped hotline, walked to each of its ends with the demo wallet, in both languages.

A row is a call: who calls, what is keyed in after the language, where the call then stands, and a phrase that must
have been heard, in Chinese and in English. New ways of the flows need new rows: the last tests see to that.
"""

# ruff: noqa: E501 - a call is one line

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from ivr.call.calendar import Closure
from ivr.flow.model import Menu
from tests.shipped import HANDLERS, SPECS
from tests.shipped_hotline import NATIONAL_DAY, SUNDAY, WEDNESDAY, ShippedCall, edition, flows

EVERYTHING = "62220001"
TYPHOON = Closure("support", {"zh": "因台风暂停服务。", "en": "We are closed because of a typhoon."}, WEDNESDAY)
TEXTLESS = replace(edition(), textable=lambda number: False)
LANGUAGES = {"zh": "1", "en": "2"}


@dataclass(frozen=True)
class Row:
    """`end` is the state in which the call stands; `zh` and `en` are parts of what was said."""

    account: str
    keys: str
    end: str
    zh: str
    en: str
    world: dict[str, Any] = field(default_factory=dict)

    def heard(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def walk(self, language: str) -> ShippedCall:
        """The call in one language; `LANG` in the keys stands for its key, and of `'zh|en'` one half is spoken."""
        keys = self.keys if "LANG" in self.keys else f"LANG {self.keys}"
        keys = re.sub(r"'([^|']*)\|([^']*)'", r"'\1'" if language == "zh" else r"'\2'", keys)
        return ShippedCall(self.account, **self.world).follow(keys.replace("LANG", LANGUAGES[language]))


def row(account: str, keys: str, end: str, zh: str, en: str, **world: Any) -> Row:
    return Row(account, keys, end, zh, en, world)


MENU_AGAIN, PERSON, VERIFIED, TOLD = "hotline.anything_else", "person.unverified", "person.line", "receipt.number"
BOOKED = "later.call_told"

PAYMENT = "2 1 2 ID"  # by number
FAILED_PAYMENT = [
    row(EVERYTHING, "2 1 1 ID", MENU_AGAIN, "因为余额不足没有成功", "the balance was too low"),
    row(EVERYTHING, f"{PAYMENT} 200101#", MENU_AGAIN, "付款四百六十八元，", "payment of 468 yuan to Star Market"),
    row(EVERYTHING, f"{PAYMENT} 200102#", MENU_AGAIN, "网络故障", "a network fault"),
    row(EVERYTHING, f"{PAYMENT} 200103#", MENU_AGAIN, "不支持这种付款方式", "does not accept this payment method"),
    row(EVERYTHING, f"{PAYMENT} 200104#", MENU_AGAIN, "收款信息不一致", "details did not match"),
    row(EVERYTHING, f"{PAYMENT} 200105#", MENU_AGAIN, "每日限额是一万元，当天还剩三百二十元", "320 yuan of it was left"),
    row(EVERYTHING, f"{PAYMENT} 200106#", MENU_AGAIN, "维护到今天中午12点35分结束", "until 12:35 PM today"),
    row(EVERYTHING, f"{PAYMENT} 200107#", TOLD, "这笔钱不会丢失", "will not be lost"),
    row(EVERYTHING, f"{PAYMENT} 200107# 2 1 2 1 2 200107# 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{PAYMENT} 200107# 2", MENU_AGAIN, "您的受理编号是：七零零，零零零幺", "reference number is 7 0 0, 0 0 0 1"),
    row(EVERYTHING, f"{PAYMENT} 200108#", MENU_AGAIN, "请先不要重复付款", "do not pay a second time"),
    row(EVERYTHING, f"{PAYMENT} 200109#", TOLD, "处理时间超过了预期", "longer than it should"),
    row(EVERYTHING, f"{PAYMENT} 200110#", VERIFIED, "具体原因要由客服人员说明", "Only one of our team can say why"),
    row(EVERYTHING, f"{PAYMENT} 200112#", MENU_AGAIN, "每笔最多五千元", "The limit is 5,000 yuan at a time"),
    row(EVERYTHING, f"{PAYMENT} 200111# 2", MENU_AGAIN, "已经成功", "went through"),
    row(EVERYTHING, f"{PAYMENT} 200111# 1 2", MENU_AGAIN, "追查已经开始", "The trace has begun"),
    row(EVERYTHING, f"{PAYMENT} 200111# - - -", MENU_AGAIN, "已经成功", "went through"),
    row("62220017", "2 1 1 ID 2", MENU_AGAIN, "已经扣款，但对方没有收到", "was charged, but did not arrive"),
    row(EVERYTHING, "2 1 3 ID 1123# 128#", MENU_AGAIN, "不支持这种付款方式", "does not accept this payment method"),
    row(EVERYTHING, "2 1 3 ID 1123# 36*50#", MENU_AGAIN, "三十六元五角", "36.50 yuan"),
    row(EVERYTHING, "2 1 3 ID '十一月二十三号|November 23rd' 36*50#", MENU_AGAIN, "网络故障", "a network fault"),
    row(EVERYTHING, "2 1 3 ID 1123# 0#", VERIFIED, "转接人工客服", "through to a person"),
    row(EVERYTHING, "2 1 3 ID 1101# 5#", "failed_payment.nothing", "没有查到这笔付款", "did not find such a payment"),
    row("62220025", "2 1 1 ID 1 200102# 3", MENU_AGAIN, "没有查到这笔付款", "did not find such a payment"),
    row("62220025", "2 1 1 ID 2", "failed_payment.day", "请说出付款日期", "the day of the payment"),
    row(EVERYTHING, "2 1 4", PERSON, "要对方同意才能退回", "only comes back if the person who has it agrees"),
]  # fmt: skip

WITHDRAWAL = "3 1 2 ID"
WITHDRAWAL_FAILURE = [
    row(EVERYTHING, "3 1 1 ID", MENU_AGAIN, "预计11月26日星期四中午12点前到账", "by Thursday, November 26 at noon"),
    row(EVERYTHING, f"{WITHDRAWAL} 400101#", MENU_AGAIN, "提现六百元到江海银行尾号六六二幺的卡", "Riverside Bank card ending in 6 6 2 1"),
    row(EVERYTHING, f"{WITHDRAWAL} 400102#", MENU_AGAIN, "认证步骤已用短信发给您", "texted you how to finish it"),
    row(EVERYTHING, f"{WITHDRAWAL} 400103#", MENU_AGAIN, "今天还可以提现一千两百元", "1,200 yuan of it is left today"),
    row(EVERYTHING, f"{WITHDRAWAL} 400104#", MENU_AGAIN, "每笔最多可以提现五千元", "The most at a time is 5,000 yuan"),
    row(EVERYTHING, f"{WITHDRAWAL} 400105#", MENU_AGAIN, "预计今天下午1点零五分恢复", "until 1:05 PM today"),
    row(EVERYTHING, f"{WITHDRAWAL} 400106#", MENU_AGAIN, "现在已经恢复", "It works again"),
    row(EVERYTHING, f"{WITHDRAWAL} 400107#", "locked_account.not_locked", "因为当时账户不能使用", "because your account could not be used then"),
    row(EVERYTHING, f"{WITHDRAWAL} 400108#", MENU_AGAIN, "尾号零零四八的卡", "ending in 0 0 4 8"),
    row(EVERYTHING, f"{WITHDRAWAL} 400109# 1 2", MENU_AGAIN, "追查已经开始", "The trace has begun"),
    row(EVERYTHING, f"{WITHDRAWAL} 400109# 1 2 1 3 1 2 400109# 1 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{WITHDRAWAL} 400110#", VERIFIED, "钱还在余额里", "still in your balance"),
    row(EVERYTHING, f"{WITHDRAWAL} 400111#", MENU_AGAIN, "已于11月18日星期三上午10点20分到账", "arrived on Wednesday, November 18 at 10:20 AM"),
    row("62220010", "3 1 1 ID", MENU_AGAIN, "您的账户还没有激活", "not been activated yet"),
    row("62220025", "3 1 1 ID 1 400111# 2", MENU_AGAIN, "没有查到这笔提现", "did not find such a withdrawal"),
]  # fmt: skip

REFUND = "3 2 2 ID"
REFUNDS = [
    row(EVERYTHING, "3 2 1 ID", MENU_AGAIN, "预计在11月30日星期一前到账", "by Monday, November 30"),
    row(EVERYTHING, f"{REFUND} 300123#", MENU_AGAIN, "一百二十八元五角，已经审核通过", "refund of 128.50 yuan from Star Market is approved"),
    row(EVERYTHING, f"{REFUND} 300124#", MENU_AGAIN, "正在等待审核", "waiting to be reviewed"),
    row(EVERYTHING, f"{REFUND} 300125#", MENU_AGAIN, "最晚11月27日星期五有结果", "an answer by Friday, November 27"),
    row(EVERYTHING, f"{REFUND} 300126#", TOLD, "为您加急", "is marked as urgent now"),
    row(EVERYTHING, f"{REFUND} 300126# 2 1 3 2 2 300126# 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{REFUND} 300126# 2", MENU_AGAIN, "最晚11月27日星期五用短信答复您", "by text message by Friday, November 27"),
    row(EVERYTHING, f"{REFUND} 300127#", MENU_AGAIN, "退到您尾号六六二幺的银行卡", "to your bank card ending in 6 6 2 1"),
    row(EVERYTHING, f"{REFUND} 300128#", MENU_AGAIN, "退到您的钱包余额", "to your wallet balance"),
    row(EVERYTHING, f"{REFUND} 300129# 2", MENU_AGAIN, "已经过期", "the last day to ask for it was Thursday, November 5"),
    row(EVERYTHING, f"{REFUND} 300130#", MENU_AGAIN, "补交方法已用短信发给您", "texted you how to send it"),
    row(EVERYTHING, f"{REFUND} 300131# 1 2", MENU_AGAIN, "已登记复核", "The review is booked"),
    row(EVERYTHING, f"{REFUND} 300131# 1 2 1 3 2 2 300131# 1 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{REFUND} 300131# - - -", MENU_AGAIN, "商品已经使用", "found the goods used"),
    row(EVERYTHING, f"{REFUND} 300132#", VERIFIED, "具体原因要由客服人员说明", "Only one of our team can say why"),
    row(EVERYTHING, "3 2 3", MENU_AGAIN, "购买后三十天内", "Within 30 days of buying"),
    row(EVERYTHING, "3 2 3", MENU_AGAIN, "申请退款", "ask for a refund there", caller=""),
    row("62220025", "3 2 1 ID 1 300123# 2", MENU_AGAIN, "没有查到这笔退款", "did not find such a refund"),
]  # fmt: skip

BALANCE = [
    row(EVERYTHING, "2 3 ID 3", MENU_AGAIN, "另有两千四百八十五元正在处理", "Another 2,485 yuan is still being processed"),
    row(EVERYTHING, "2 3 ID", "balance.what", "可以使用的余额是一千两百八十六元四角", "You can use 1,286.40 yuan now"),
    row(EVERYTHING, "2 3 ID 1", "balance.payment", "不是您本人的付款，请随时按9", "not yours, press 9 at any time"),
    row(EVERYTHING, "2 3 ID 1 1 2", MENU_AGAIN, "向清风茶馆付款十八元", "18 yuan to Breeze Tea House"),
    row(EVERYTHING, "2 3 ID 1 1 1 1 1 1", MENU_AGAIN, "更早的付款在应用的账单里", "Older payments are under Bills"),
    row(EVERYTHING, "2 3 ID 2", MENU_AGAIN, "导出账单和流水", "export your statement"),
    row(EVERYTHING, "2 3 ID - - -", MENU_AGAIN, "可以使用的余额", "You can use"),
    row("62220025", "2 3 ID 3", MENU_AGAIN, "您的余额是零元", "Your balance is 0 yuan"),
    row("62220025", "2 3 ID 1", MENU_AGAIN, "最近没有付款记录", "There are no recent payments"),
]  # fmt: skip

TRANSFER = "2 4 2 ID"
INCOMING = [
    row(EVERYTHING, "2 4 1 ID", MENU_AGAIN, "最晚11月26日星期四下午6点到账", "It will arrive by Thursday, November 26 at 6 PM"),
    row(EVERYTHING, f"{TRANSFER} 600101#", MENU_AGAIN, "转给您的五百元还在路上", "The 500 yuan that Chen Chen sent you"),
    row(EVERYTHING, f"{TRANSFER} 600102#", TOLD, "早就应该到账了", "should have arrived by now"),
    row(EVERYTHING, f"{TRANSFER} 600102# 2 1 2 4 2 600102# 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{TRANSFER} 600102# 2", MENU_AGAIN, "追查已经开始", "The trace has begun"),
    row(EVERYTHING, f"{TRANSFER} 600103#", MENU_AGAIN, "姓名和您的账户不一致", "the name did not match your account"),
    row(EVERYTHING, f"{TRANSFER} 600104#", MENU_AGAIN, "收款限额", "over what your account can receive"),
    row(EVERYTHING, f"{TRANSFER} 600105#", MENU_AGAIN, "认证步骤已用短信发给您", "texted you how to finish it"),
    row(EVERYTHING, f"{TRANSFER} 600106#", VERIFIED, "具体原因要由客服人员说明", "Only one of our team can say why"),
    row(EVERYTHING, f"{TRANSFER} 600107# 2", MENU_AGAIN, "在您的余额里", "It is in your balance"),
    row(EVERYTHING, f"{TRANSFER} 600107# 1 800#", MENU_AGAIN, "转给您的八百元", "The 800 yuan"),
    row(EVERYTHING, "2 4 3 ID 200#", "incoming.other", "在您的余额里", "It is in your balance"),
    row(EVERYTHING, "2 4 3 ID 1*23# 3", MENU_AGAIN, "没有查到转给您的这笔钱", "did not find such a transfer to you"),
    row("62220025", "2 4 1 ID 1 600101# 2 5# 3", MENU_AGAIN, "没有查到转给您的这笔钱", "did not find such a transfer to you"),
    row(EVERYTHING, "2 4 4 1001#", MENU_AGAIN, "收款人姓名和账户不一致", "payee's name did not match"),
    row(EVERYTHING, "2 4 4 1002#", MENU_AGAIN, "对方账户现在不能收款", "the other account cannot take money"),
    row(EVERYTHING, "2 4 4 1003#", MENU_AGAIN, "金额超过了限额", "over a limit"),
    row(EVERYTHING, "2 4 4 1004#", MENU_AGAIN, "银行系统暂时有故障", "the bank has a fault at the moment"),
    row(EVERYTHING, "2 4 4 1005#", MENU_AGAIN, "付款方的身份认证还没有完成", "sender's identity check is not finished"),
    row(EVERYTHING, "2 4 4 9999#", PERSON, "这个代码电话里查不到", "We cannot explain this code here"),
]  # fmt: skip

REPAYMENT = "2 2 4 ID"
REPAYMENTS = [
    row(EVERYTHING, "2 2 1 ID", MENU_AGAIN, "入账需要两个工作日", "Booking takes 2 working days"),
    row(EVERYTHING, "2 2 2 ID", MENU_AGAIN, "因为余额不足没有成功", "the balance was too low"),
    row(EVERYTHING, "2 2 3 ID", MENU_AGAIN, "已于11月24日星期二入账", "was booked on Tuesday, November 24"),
    row(EVERYTHING, f"{REPAYMENT} 500104# 2", MENU_AGAIN, "二十五元滞纳金", "a late fee of 25 yuan"),
    row(EVERYTHING, f"{REPAYMENT} 500104# 2 1 2 2 4 500104# 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{REPAYMENT} 500105#", MENU_AGAIN, "户号与对方的记录不一致", "did not match their records"),
    row(EVERYTHING, f"{REPAYMENT} 500106# 2", MENU_AGAIN, "本应在11月24日星期二入账", "should have been booked by Tuesday, November 24"),
    row(EVERYTHING, f"{REPAYMENT} 500106# 2 1 2 2 4 500106# 2", MENU_AGAIN, "这件事已经登记过了", "This is on record already"),
    row(EVERYTHING, f"{REPAYMENT} 500107#", VERIFIED, "没有扣款", "Nothing was charged"),
    row(EVERYTHING, f"{REPAYMENT} 500108#", MENU_AGAIN, "因为网络故障没有成功", "because of a network fault"),
    row(EVERYTHING, f"{REPAYMENT} 500109#", MENU_AGAIN, "维护到今天中午12点35分结束", "until 12:35 PM today"),
    row(EVERYTHING, "2 2 5", MENU_AGAIN, "入账需要两个工作日", "takes 2 working days"),
    row("62220025", "2 2 1 ID 1 500101# 2", MENU_AGAIN, "没有查到这笔还款", "did not find such a repayment"),
]  # fmt: skip

LOCKED_ACCOUNT = [
    row(EVERYTHING, "1 1 ID 2", MENU_AGAIN, "您的账户没有被锁定", "Your account is not locked"),
    row(EVERYTHING, "1 1 ID 1", "login.link", "您的账户和登录系统都正常", "Your account is in order"),
    row("62220003", "1 1 ID 2", MENU_AGAIN, "今天上午10点45分自动解锁", "unlocks by itself today at 10:45 AM"),
    row("62220003", "1 1 ID 1 2", MENU_AGAIN, "账户已解锁", "Your account is unlocked"),
    row("62220003", "1 1 ID 1 1", MENU_AGAIN, "发到您尾号八零零二的注册手机", "registered phone ending in 8 0 0 2"),
    row("62220003", "1 1 ID 1 - - -", MENU_AGAIN, "账户已解锁", "Your account is unlocked"),
    row("62220003", "1 1 PIN 1 246810#", "locked_account.link", "账户已解锁", "Your account is unlocked"),
    row("62220003", "1 1 PIN 1 999999#", VERIFIED, "没有关系", "That is all right"),
    row("62220003", "1 1 PIN 1 - - -", VERIFIED, "没有关系", "That is all right"),
    row("62220005", "1 1 ID", "security_line.line", "一笔一万九千八百元的付款和您平时的习惯不同", "an unusual payment of 19,800 yuan"),
    row("62220006", "1 1 ID", "security_line.line", "里斯本", "a new place, Lisbon"),
    row("62220007", "1 1 ID 2", MENU_AGAIN, "核对您的身份证件", "need to see your identity document"),
    row("62220008", "1 1 ID 2", MENU_AGAIN, "了解资金来源", "where some of your money came from"),
    row("62220009", "1 1 ID", "security_line.line", "应您的要求冻结", "frozen at your own request"),
    row("62220010", "1 1 ID", MENU_AGAIN, "您的账户还没有激活", "not been activated yet"),
    row("62220011", "1 1 ID", VERIFIED, "具体原因要由客服人员说明", "Only one of our team can say why"),
    row("62220005", "1 1 ID [answered] 5", "hotline.goodbye", "安全专员会和您核对", "will go through it with you"),
    row("62220005", "1 1 ID [left] 2", MENU_AGAIN, "请保持电话畅通", "call you back as soon as possible"),
]  # fmt: skip

LOGIN = [
    row(EVERYTHING, "1 2 ID 1", MENU_AGAIN, "已发到您尾号八零零零的注册手机", "registered phone ending in 8 0 0 0"),
    row(EVERYTHING, "1 2 ID 2", MENU_AGAIN, "已发到您的注册邮箱", "to your registered e-mail address"),
    row(EVERYTHING, "1 2 ID 3", MENU_AGAIN, "您的账户和登录系统都正常", "signing in works"),
    row("62220003", "1 2 ID", "locked_account.how", "您的账户被锁定了", "let us look at that first"),
    row("62220012", "1 2 ID 1", MENU_AGAIN, "账户已在所有设备上退出登录", "signed out on all devices"),
    row("62220012", "1 2 ID 2", MENU_AGAIN, "三台设备上登录", "is signed in on 3 devices"),
    row("62220013", "1 2 ID 1", MENU_AGAIN, "用户名或密码不匹配", "name or password did not match"),
    row("62220014", "1 2 ID", MENU_AGAIN, "预计今天上午11点35分恢复", "until 11:35 AM today"),
    row("62220014", "1 2 ID 1 1 2", MENU_AGAIN, "您的资金不受影响", "Your money is safe"),
    row("62220015", "1 2 ID 1 1 2", MENU_AGAIN, "恢复时间还不确定", "do not know yet for how long"),
    row("62220016", "1 2 ID 2", MENU_AGAIN, "您没有登记邮箱", "no e-mail address on record"),
]  # fmt: skip

ACCOUNT_CHANGE = [
    row(EVERYTHING, "1 4 1 ID", VERIFIED, "请准备好身份证件和新的手机号", "your identity document and the new number"),
    row(EVERYTHING, "1 4 2 0#", PERSON, "注销前，请先提现全部余额", "please withdraw your balance"),
    row(EVERYTHING, "1 4 2 1 2", "hotline.goodbye", "注销账户要由客服人员办理", "Only one of our team can close the account", at=SUNDAY),
    row(EVERYTHING, "1 4 3", MENU_AGAIN, "更换手机号或注销账户", "closing the account"),
]  # fmt: skip

LOST_PHONE = [
    row(EVERYTHING, "1 3 1 62220001# 6621 2", MENU_AGAIN, "捡到手机的人无法付款", "Whoever has the phone cannot pay"),
    row(EVERYTHING, "1 3 1 62220001# 0000 0000", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row(EVERYTHING, "1 3 2 2 62220001# 220001#", MENU_AGAIN, "账户已在所有设备上退出登录", "signed out on all devices"),
    row(EVERYTHING, "1 3 2 1 62220001# 111111# 111111# 62220001# 111111#", PERSON, "现在能收短信吗", "Can you get text messages"),
    row(EVERYTHING, "1 3 2 1 ID", MENU_AGAIN, "账户已在所有设备上退出登录", "signed out on all devices"),
    row(EVERYTHING, f"{REFUND} 300126# 2 1 1 3 2", MENU_AGAIN, "账户已在所有设备上退出登录", "signed out on all devices"),
    row(EVERYTHING, "1 3 2 2 62220001# 999999#", PERSON, "暂时不能通过按键核实身份", "are not accepted by phone for a while", caller=""),
    row(EVERYTHING, "1 3 2 2 62220001# 111111# 111111# 62220001# 111111#", PERSON, "请输入您的电话密码", "enter your phone PIN", caller=""),
    row(EVERYTHING, "1 3 3 PIN", MENU_AGAIN, "截至11月24日星期二的备份", "backed up on Tuesday, November 24"),
    row("62220016", "1 3 3 ID", MENU_AGAIN, "没有云端备份", "There was no cloud backup"),
    row("62220005", "1 3 3 ID", "security_line.line", "我们先看看原因", "let us look at that first"),
    row(EVERYTHING, "1 3 3 ID", MENU_AGAIN, "不会丢失", "are not lost", caller=""),
]  # fmt: skip

FREEZE = "1 62220024# 6621"
SECURITY = [
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 2 1 1", TOLD, "已为您提出一笔付款的争议申请", "for 1 of your payments"),
    row("62220024", f"LANG 9 {FREEZE} 1 ID 2 2 2 2 2 2 [answered] 5", "hotline.goodbye", "七个工作日内，最晚12月4日星期五答复", "within 7 working days, by Friday, December 4"),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 1 1 1 2", "security_line.line", "没有需要申诉的付款", "no payment to claim"),
    row("62220024", f"9 LANG {FREEZE} 1 ID 2 - - - 2 [left]", MENU_AGAIN, "安全专员会尽快给您回电", "call you back as soon as possible"),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 1 1 1 2 [nobody]", MENU_AGAIN, "安全专员", "security agent"),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 1 1 1 2 [left]", "security_line.number", "请输入另一个号码", "enter another number", refuse_callbacks=True),
    row("62220024", "9 LANG 1 *# 6621", "security.at_hand", "您的账户已经冻结", "Your account is frozen"),
    row("62220024", "9 LANG 1 62220024# 0000 6621", "security.at_hand", "信息不符", "does not match our records"),
    row("62220024", f"9 LANG {FREEZE} 2 220024#", "security.was_it_you", "请输入您的电话密码", "enter your phone PIN"),
    row("62220024", f"9 LANG {FREEZE} 2 111111# 111111# 62220024# 111111#", "security_line.line", "转接安全专员", "a security agent"),
    row("62220024", f"9 LANG {FREEZE} - - -", "security_line.line", "转接安全专员", "a security agent"),
    row("62220024", f"9 LANG {FREEZE} 0", "security_line.line", "转接安全专员", "a security agent"),
    row("62220024", "9 LANG 1 62220024# 0000 0000", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row("62220024", "9 LANG 1 99999999# 6621 6621", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row("62220024", "9 LANG 1 *# 0000 0000", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row("62220024", "9 LANG 1 - - -", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row("62220024", "9 LANG 1 0#", "security_line.line", "还不能冻结账户", "cannot freeze the account with these details"),
    row("62220024", "9 LANG 2", "security_line.line", "正在为您转接安全专员", "through to a security agent"),
    row("62220024", "9 0 LANG", "security_line.line", "正在为您转接安全专员", "through to a security agent", at=SUNDAY),
    row("62220024", "9 LANG 0 [answered] 4", "hotline.goodbye", "请为本次服务打分", "How was this call"),
    row("62220024", "9 LANG - - - [nobody]", TOLD, "安全专员会尽快给您回电", "call you back as soon as possible"),
    row("62220024", "9 LANG 2 [left] - - -", "security_line.line", "请输入另一个号码", "enter another number", refuse_callbacks=True),
    row("62220024", "9 LANG 2 [nobody] 2", MENU_AGAIN, "再拨打本热线，按9", "call again at any time and press 9", refuse_callbacks=True),
    row("62220024", "9 LANG 2 [full]", "receipt.number", "安全专员会尽快给您回电", "call you back as soon as possible"),
    row("62220024", "9 LANG 2 [timeout]", "receipt.number", "安全专员会尽快给您回电", "call you back as soon as possible"),
    row("62220024", "9 LANG 2 [failed]", "receipt.number", "安全专员会尽快给您回电", "call you back as soon as possible"),
    row("62220024", "9 LANG 2 [left] 0012025550100# 1", "security_line.line", "这个号码也不能安排回电", "cannot call that number either", caller="+13125550142"),
    row("62220024", "9 LANG 2 [left] 13800138000# 1", "receipt.number", "安全专员会尽快给您回电", "call you back as soon as possible", caller="+13125550142"),
    row("62220024", "LANG 9 3", "hotline.main", "没有安全问题", "the main menu"),
    row("62220025", "9 LANG 1 62220025# 6621 1 ID", TOLD, "最近没有付款记录", "no recent payments"),
    row("62220024", "4 3 1 9", "security.what", "这里是安全专线", "This is the security line"),
    row("62220024", "2 1 1 ID 9 1", "security.was_it_you", "您的账户已经冻结", "Your account is frozen"),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 1 1 1 2", "security_line.line", "九六幺幺零", "9 6 1 1 0", on=TEXTLESS),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 1 1 1", "receipt.number", "怎样保护账户", "how to stay safe"),
    row("62220024", "9 LANG 2", "security_line.line", "安全专员", "security agent", at=SUNDAY),
    row("62220024", f"9 LANG {FREEZE} 1 ID 1 1 2 1 1", TOLD, "争议申请", "claim", at=SUNDAY),
]  # fmt: skip

CASES = [
    row(EVERYTHING, "4 1 800101# 2", MENU_AGAIN, "最晚11月26日星期四下午6点答复您", "by Thursday, November 26 at 6 PM"),
    row(EVERYTHING, "4 1 800101# 1", MENU_AGAIN, "已为您加急", "It has been moved up"),
    row(EVERYTHING, "4 1 800102# - - -", MENU_AGAIN, "正在处理", "Somebody is working on your case"),
    row(EVERYTHING, "4 1 800102# 1 1 4 1 1 1", MENU_AGAIN, "已经加急，正在优先处理", "moved up already"),
    row(EVERYTHING, "4 1 800103#", PERSON, "正在等您补充材料", "waiting for something from you"),
    row(EVERYTHING, "4 1 800104#", MENU_AGAIN, "超过了答复时间", "should have had an answer by now"),
    row(EVERYTHING, "4 1 800105# 1", MENU_AGAIN, "已于11月23日星期一办结", "was closed on Monday, November 23"),
    row(EVERYTHING, "4 1 800105# 2", "complaint.how", "很抱歉让您不满意", "sorry that you are not satisfied"),
    row(EVERYTHING, "4 1 800105# - -", MENU_AGAIN, "您对处理结果满意吗", "satisfied with the result"),
    row(EVERYTHING, "4 1 123456# 1 800105# 1", MENU_AGAIN, "没有查到这个受理编号", "did not find this reference number"),
    row(EVERYTHING, "4 1 1# 0#", PERSON, "转接人工客服", "through to a person"),
    row(EVERYTHING, "4 1 'I forgot 忘了' 'I forgot 忘了'", PERSON, "这要由客服人员核实", "one of our team to check this"),
    row(EVERYTHING, "4 1 1# ID", VERIFIED, "没有查到您的受理事项", "did not find a case of yours"),
    row(EVERYTHING, f"{REFUND} 300126# 2 1 4 1 2 1# 2", MENU_AGAIN, "您最近的受理编号是七零零，零零零幺", "Your latest reference number is 7 0 0, 0 0 0 1"),
    row(EVERYTHING, "4 1 123456# 2", PERSON, "没有查到这个受理编号", "did not find this reference number"),
]  # fmt: skip

GENERAL = [
    row(EVERYTHING, "4 2 1 2", MENU_AGAIN, "百分之零点一", "A transfer costs 0.1 percent"),
    row(EVERYTHING, "4 2 1 1", MENU_AGAIN, "短信已发送", "on its way"),
    row(EVERYTHING, "4 2 1 1", MENU_AGAIN, "无法给您现在使用的号码发短信", "We cannot text the number you are calling from", caller=""),
    row(EVERYTHING, "4 2 2 - - -", MENU_AGAIN, "每笔最多五千元，每天最多一万元", "5,000 yuan at a time, and 10,000 yuan a day"),
    row(EVERYTHING, "4 2 3 ID 2", MENU_AGAIN, "今天还可以使用八千六百元", "left today is 8,600 yuan"),
    row(EVERYTHING, "4 3 2", MENU_AGAIN, "周一至周五上午9点到下午6点", "Monday to Friday, 9 AM to 6 PM"),
    row(EVERYTHING, "4 3 1", MENU_AGAIN, "短信已发送", "on its way"),
    row(EVERYTHING, "4 3 1", MENU_AGAIN, "我们的邮箱是", "Our e-mail address is", caller=""),
    row(EVERYTHING, "4 3 - - -", MENU_AGAIN, "应用内客服", "chat in the app"),
    row(EVERYTHING, "4 3 1", PERSON, "转接人工客服", "through to a person", broken=frozenset({"channels"})),
]  # fmt: skip

COMPLAINT = [
    row(EVERYTHING, "4 4 1 [talk 30] 2 3", MENU_AGAIN, "主管最晚11月27日星期五答复您", "A supervisor will answer by Friday, November 27"),
    row(EVERYTHING, "4 4 1 [talk 30] - - - -", MENU_AGAIN, "您的投诉已登记", "Your complaint is on record"),
    row(EVERYTHING, "4 4 1 [talk 30] 2 2", MENU_AGAIN, "幺二三幺五", "1 2 3 1 5"),
    row(EVERYTHING, "4 4 1 [talk 30] 2 1", "introduction.introduce", "您的投诉已登记", "Your complaint is on record"),
    row(EVERYTHING, "4 4 1 [talk 0]", PERSON, "没有录到您的声音", "Nothing was recorded"),
    row(EVERYTHING, "4 4 2 1 ID [answered] 1", "hotline.goodbye", "正在为您转接主管", "through to a supervisor"),
    row(EVERYTHING, "4 4 2 0 2 ID [answered] 1", "hotline.goodbye", "正在为您转接主管", "through to a supervisor"),
    row(EVERYTHING, "4 4 2 0 2 0#", "complaint.unverified", "正在为您转接主管", "through to a supervisor"),
    row(EVERYTHING, "4 4 2 0 [left] 3", MENU_AGAIN, "正在为您转接主管", "through to a supervisor"),
    row(EVERYTHING, "4 4 2 - [nobody] 1", TOLD, "没有空闲的主管", "no supervisor is free"),
    row(EVERYTHING, "4 4 2 2", MENU_AGAIN, "主管会在11月23日星期一上午9点给您回电", "call you back on Monday, November 23 at 9 AM", at=SUNDAY),
    row(EVERYTHING, "4 4 2", "complaint.record", "这个号码不能安排回电", "cannot call this number back", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "4 4 1 [talk 9] 2 1", MENU_AGAIN, "主管将于11月23日星期一上午9点上班", "No supervisor is here until Monday, November 23 at 9 AM.", at=SUNDAY),
    row(EVERYTHING, "4 4 1 [talk 9] 2 2", MENU_AGAIN, "主管将于11月23日星期一上午9点上班", "No supervisor is here until Monday, November 23 at 9 AM.", at=SUNDAY),
    row(EVERYTHING, "4 4 1 [talk 9] 2 - -", MENU_AGAIN, "主管将于11月23日星期一上午9点上班", "No supervisor is here until Monday, November 23 at 9 AM.", at=SUNDAY),
    row(EVERYTHING, "4 4 3", MENU_AGAIN, "向法院起诉", "go to court", at=SUNDAY),
    row(EVERYTHING, "4 4 - - -", "later.what", "主管将于11月23日星期一上午9点上班", "No supervisor is here until Monday, November 23 at 9 AM.", at=SUNDAY),
    row(EVERYTHING, "4 4 2 - [nobody] 2 [talk 9]", TOLD, "没有空闲的主管", "no supervisor is free"),
    row(EVERYTHING, "4 4 2 - [nobody] - - -", MENU_AGAIN, "没有空闲的主管", "no supervisor is free"),
    row(EVERYTHING, "4 4 3", MENU_AGAIN, "向法院起诉", "go to court", caller=""),
]  # fmt: skip

PEOPLE = [
    row(EVERYTHING, "0 1 ID [answered] 5", "hotline.goodbye", "正在为您转接人工客服", "putting you through to a person"),
    row(EVERYTHING, "0 0 2 ID [answered] 5", "hotline.goodbye", "正在为您转接人工客服", "putting you through to a person"),
    row(EVERYTHING, "0 0", PERSON, "正在为您转接人工客服", "putting you through to a person"),
    row(EVERYTHING, "0 1 62220001# 000000# 000000# 62220001# 000000#", PERSON, "要由客服人员核实", "It takes one of our team to check this"),
    row(EVERYTHING, "0 1 62220001# 999999#", PERSON, "暂时不能通过按键核实身份", "are not accepted by phone for a while"),
    row(EVERYTHING, "0 0 2 0#", PERSON, "正在为您转接人工客服", "putting you through to a person"),
    row(EVERYTHING, "0 0 [left] 5", "hotline.main", "继续使用自助服务", "the automated services"),
    row(EVERYTHING, "0 0 [full]", "later.what", "现在等待的人太多", "So many people are waiting"),
    row(EVERYTHING, "0 0 [nobody]", "later.what", "没有空闲的客服人员", "nobody is free"),
    row(EVERYTHING, "0 0 [timeout]", "later.what", "让您久等了", "had to wait so long"),
    row(EVERYTHING, "0 0 [failed]", "later.what", "电话没有接通", "could not be connected"),
    row(EVERYTHING, f"{PAYMENT} 200110# [answered] 5", "hotline.goodbye", "转接人工客服", "through to a person"),
    row(EVERYTHING, f"{PAYMENT} 200110# [left] 5", "hotline.main", "继续使用自助服务", "the automated services"),
    row(EVERYTHING, f"{PAYMENT} 200110# [left] - - - [talk 0] [talk 0] - -", "hotline.goodbye", "您可以选择以下方式", "Here is what we can do"),
    row(EVERYTHING, "- - -", PERSON, "请问您还在吗", "Are you still there"),
    row(EVERYTHING, "7 6 6", PERSON, "没有识别到", "I did not get that"),  # at "anything else?"
    row(EVERYTHING, "6 6 -", PERSON, "没有识别到您的输入", "Sorry, I did not get that"),
    row(EVERYTHING, "0 0", "later.what", "没有空闲的客服人员", "nobody is free", unstaffed=frozenset({"support"})),
    *(
        row(EVERYTHING, f"{question} 0#", PERSON, "转接人工客服", "through to a person")
        for question in ("1 1", "1 2", "1 3 2 1", "1 3 3", "2 1 1", "2 1 2", "2 1 3", "2 2 1", "2 2 2", "2 2 3", "2 2 4", "2 3", "2 4 1", "2 4 2", "2 4 3", "3 1 1", "3 1 2", "3 2 1", "3 2 2", "4 2 3")
    ),  # whoever would rather not say who they are
]  # fmt: skip

AFTER_HOURS = [
    row(EVERYTHING, "0 0", "later.what", "人工客服将于11月23日星期一上午9点上班", "closed until Monday, November 23 at 9 AM", at=SUNDAY),
    row(EVERYTHING, "0 0", "later.what", "现在是国庆节假期", "closed for National Day", at=NATIONAL_DAY),
    row(EVERYTHING, "0 0", "later.what", "因特殊情况", "Because of an emergency", closures=(Closure("all", {}, WEDNESDAY),)),
    row(EVERYTHING, "0 0", "later.what", "因台风暂停服务。人工客服将于另行通知的时间上班", "closed because of a typhoon. Our team is back at a time we will announce", closures=(TYPHOON,)),
    row(EVERYTHING, "0 1 2", "hotline.goodbye", "11月23日星期一上午9点给您回电", "call you back on Monday, November 23 at 9 AM", at=SUNDAY),
    row(EVERYTHING, "0 2 1430# 1 *# 2", "hotline.goodbye", "星期一下午两点半给您回电", "Monday, November 23 at 2:30 PM", at=SUNDAY),
    row(EVERYTHING, "0 2 1430# 1 13800138009# 1", BOOKED, "请输入我们应该拨打的号码", "enter the number we should call", at=SUNDAY),
    row(EVERYTHING, "0 2 1430# 1 - - - 1", BOOKED, "您登记的号码或来电号码", "your registered number or the one you are calling from", at=SUNDAY),
    row(EVERYTHING, "0 2 1430# 1 *# 3", "later.message", "不能安排回电", "cannot book a callback", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "0 2 1430# 1 *# - - - [talk 0] [talk 0] - -", "hotline.goodbye", "不能安排回电", "cannot book a callback", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "0 2 - - - 2 [talk 0] [talk 20] 2", "hotline.goodbye", "还没有为您预约时间", "No time is booked yet", at=SUNDAY),
    row(EVERYTHING, "0 3 [talk 0] [talk 0] 2 [talk 0] 1 2", "hotline.goodbye", "星期一上午9点给您回电", "Monday, November 23 at 9 AM", at=SUNDAY),
    row(EVERYTHING, "0 3 [talk 0] [talk 0] 3", "hotline.goodbye", "没有录到您的留言", "No message was recorded", at=SUNDAY),
    row(EVERYTHING, "0 2 - - - 1 2", "hotline.goodbye", "星期一上午9点给您回电", "Monday, November 23 at 9 AM", at=SUNDAY),
    row(EVERYTHING, "0 2 - - - - - - 2", "hotline.goodbye", "请说出您希望的时间", "the time you would like", at=SUNDAY),
    row(EVERYTHING, "0 2 2000# 2100# 2200# 1000# 1 *#", BOOKED, "那时没有客服上班", "nobody is here at that time", at=SUNDAY),
    row(EVERYTHING, "0 1 1 3 1000# 1 2", "hotline.goodbye", "星期一上午10点给您回电", "Monday, November 23 at 10 AM", at=SUNDAY),
    row(EVERYTHING, "0 1 3 - - - - -", "hotline.goodbye", "请说出您希望的时间", "the time you would like", at=SUNDAY),
    row(EVERYTHING, "0 2 1000# 1 *# 2", "later.number", "不能安排回电", "cannot book a callback", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "0 2 1000# 1 *# 1", "later.message", "这个号码也不能安排回电", "cannot call this number either", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "0 1 1#", "later.message", "不能安排回电", "cannot book a callback", at=SUNDAY, refuse_callbacks=True),
    row(EVERYTHING, "0 1 13800138009# 1 2", "hotline.goodbye", "11月23日星期一上午9点给您回电", "call you back on Monday, November 23 at 9 AM", at=SUNDAY, caller=""),
    row(EVERYTHING, "0 1 0012025550100# 1 1#", "later.message", "不能安排回电", "cannot book a callback", at=SUNDAY, caller=""),
    row(EVERYTHING, "0 3 [talk 20] 1 1 2", "hotline.goodbye", "最晚11月25日星期三答复您", "will answer by Wednesday, November 25", at=SUNDAY),
    row(EVERYTHING, "0 3 [talk 0] [talk 0] - -", "hotline.goodbye", "没有录到您的留言", "No message was recorded", at=SUNDAY),
    row(EVERYTHING, "0 4", "hotline.goodbye", "联系方式已用短信发给您", "have texted you how to reach us", at=SUNDAY),
    row(EVERYTHING, "0 4", "hotline.goodbye", "您可以发邮件到", "You can write to", at=SUNDAY, caller=""),
    row(EVERYTHING, "0 4", "later.message", "留言会被录音，只用来处理您的事情，保存90天", "kept for 90 days", at=SUNDAY, broken=frozenset({"channels"})),
    row(EVERYTHING, "0 5 3 2 1 ID", MENU_AGAIN, "预计在11月25日", "by Wednesday, November 25", at=SUNDAY),
    row(EVERYTHING, "0 - - - [talk 0] [talk 0] - -", "hotline.goodbye", "请您留言", "Please leave a message", at=SUNDAY),
]  # fmt: skip

ROUND_THE_MENUS = [
    row(EVERYTHING, "4 5 5", "hotline.main", "回电或留言", "a callback or a message"),
    row(EVERYTHING, "1 # 2 # 3 # 4 #", "hotline.main", "返回上一级", "To go back"),
    row(EVERYTHING, "'我要退款|I want a refund'", "refund.which", "最近一笔退款", "latest refund"),
    row(EVERYTHING, "'我要找人工|I want to speak to an agent'", "introduction.introduce", "请先核实您的身份", "tell us who you are"),
    row(EVERYTHING, "4 3 '人工客服|an agent please'", "introduction.introduce", "请先核实您的身份", "tell us who you are"),
    row(EVERYTHING, "1 '我的卡被盗刷|my card was stolen'", "security.what", "这里是安全专线", "This is the security line"),
    row(EVERYTHING, "3 2 3 1", "hotline.main", "办理其他业务", "For something else"),
    row(EVERYTHING, "3 2 3 2 -", "hotline.goodbye", "请为本次服务打分", "How was this call"),
    row(EVERYTHING, "0 LANG", "introduction.introduce", "请先核实您的身份", "tell us who you are"),
    row(EVERYTHING, "3 2 3 2 9", "security.what", "这里是安全专线", "This is the security line"),
    row(EVERYTHING, "3 2 3 2 0", "introduction.introduce", "请先核实您的身份", "tell us who you are"),
    row(EVERYTHING, "3 2 3 - - 3", "hotline.goodbye", "感谢您的来电", "Thank you for calling"),
]  # fmt: skip

ROWS = {
    f"{topic}-{index}-{keys.keys}": keys
    for topic, rows in {
        "failed_payment": FAILED_PAYMENT, "withdrawal": WITHDRAWAL_FAILURE, "refund": REFUNDS,
        "balance": BALANCE, "incoming": INCOMING,
        "repayment": REPAYMENTS, "locked_account": LOCKED_ACCOUNT, "login": LOGIN, "lost_phone": LOST_PHONE,
        "account_change": ACCOUNT_CHANGE,
        "security": SECURITY, "case_status": CASES, "general": GENERAL, "complaint": COMPLAINT, "people": PEOPLE,
        "after_hours": AFTER_HOURS, "menus": ROUND_THE_MENUS,
    }.items()
    for index, keys in enumerate(rows)
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ROWS)
def test_the_call_comes_to_its_end(name: str, language: str) -> None:
    one, call = ROWS[name], _walk(name, language)
    assert call.state == one.end, call.said
    assert one.heard(language) in call.said


# --- nothing is left out --------------------------------------------------------------------------------------


UNHELPFUL = {  # what comes of each handler when the wallet does not answer, by a call that reaches it
    "case_status": "4 1 800101#", "hurry_case": "4 1 800101# 1", "failed_payment": "2 1 1 ID", "channels": "4 3 1",
    "fees": "4 2 1", "limits": "4 2 2", "my_limits": "4 2 3 ID", "locked_account": "1 1 ID", "login": "1 2 ID",
    "outage": "1 2", "reset_link": "1 2 ID 1", "lost_phone": "1 3 3 ID", "sign_out": "1 3 2 2 62220001# 220001#", "refund": "3 2 1 ID",
    "refund_rules": "3 2 3", "repayment": "2 2 1 ID", "repayment_rules": "2 2 5", "claim": "9 1 *# 6621 1 ID 1 1 1 1 1",
    "freeze": "9 1", "recent_payment": "9 1 *# 6621 1 ID", "report_payment": "9 1 *# 6621 1 ID 2",
    "withdrawal_failure": "3 1 1 ID", "balance": "2 3 ID", "incoming": "2 4 1 ID", "transfer_error": "2 4 4 1001#",
    "unlock": "1 1 ID 1", "my_case": "4 1 1# ID", "case_about": "3 2 2 ID 300126#",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_a_caller_whom_no_handler_can_help_comes_to_a_person(name: str) -> None:
    account = "62220003" if name == "unlock" else EVERYTHING
    call = ShippedCall(account, broken=frozenset({name})).follow(f"1 {UNHELPFUL[name]}")
    assert "我们的系统出了点问题" in call.said
    opened_all_the_same = name == "case_about" and call.state == TOLD
    assert opened_all_the_same or call.state in (PERSON, VERIFIED, "security_line.line"), call.said


@pytest.mark.parametrize("keys", ["3 2 1 220001#", "0 1 220001#", "9 1 220001#", "3 2 1 PIN 62220001# 246810#"])
def test_a_pin_at_the_question_for_an_account_is_kept_nowhere(keys: str) -> None:
    """Neither by `identify` nor by the freeze: accounts of this wallet are longer than a code or a PIN."""
    call = ShippedCall(EVERYTHING).follow(f"1 {keys}")
    assert "220001" not in call.session.to_json().replace("62220001", "")


# What the demo wallet never answers: a payment that was just read out is there to be reported, a case that was just
# found is there to be hurried, and what is asked for only where it can be granted is not refused.
NEVER = {
    ("security.report", "report_payment", "not_found"),
    ("case_status.hurry", "hurry_case", "not_found"),
    ("case_status.hurry", "hurry_case", "solved"),
    ("locked_account.unlock", "unlock", "refused"),
    ("locked_account.unlock_with_code", "unlock", "refused"),
    ("locked_account.unlock_with_code", "unlock", "code_needed"),
    ("locked_account.send_link", "reset_link", "locked"),
    ("locked_account.send_link", "reset_link", "mailed"),
    ("locked_account.send_link", "reset_link", "no_email"),
    ("login.link_by_text", "reset_link", "no_email"),
}


@cache
def _walk(name: str, language: str) -> ShippedCall:
    return ROWS[name].walk(language)


@cache
def _walks() -> tuple[ShippedCall, ...]:
    return tuple(_walk(name, language) for name in ROWS for language in LANGUAGES)


def test_every_outcome_of_every_handler_has_a_call() -> None:
    promised = {(name, outcome) for name, spec in SPECS.items() for outcome in spec.outcomes}
    seen = {pair for call in _walks() for pair in call.looked_up}
    assert sorted(promised - seen - {(name, outcome) for _, name, outcome in NEVER}) == []


def test_every_way_of_every_step_is_walked() -> None:
    taken = {(state, outcome) for call in _walks() for state, outcome, _ in call.moves}
    taken |= {(state.partition(".")[0], outcome) for state, outcome in taken}
    never = {(state, outcome) for state, _, outcome in NEVER}
    assert sorted(set(_ways()) - taken - never) == []
    assert not never & taken, "these are walked after all"


def _ways() -> Iterator[tuple[str, str]]:
    """The ways of a step, as (state, outcome), and those that the steps of a flow share, as (flow, outcome).

    Not looked for in every step: keys that work everywhere, spent tries and failed handlers, which have tests above.
    """
    for flow in flows().flows.values():
        for step in flow.steps.values():
            own = {f"key_{choice.key}" for choice in step.choices} if isinstance(step, Menu) else set()
            for outcome, way in step.ways.items():
                if outcome in ("exhausted", "unavailable") or (outcome.startswith("key_") and outcome not in own):
                    continue
                inherited = flow.defaults.on.get(outcome) is way
                yield (flow.name if inherited else f"{flow.name}.{step.name}"), outcome
