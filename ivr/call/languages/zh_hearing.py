"""Listening to Mandarin: times, yes and no, and what matters in a wish. All functions take `normal` words."""

import re
from datetime import time

from ivr.call.languages.agreement import Meaning, Phrase, agreement
from ivr.call.languages.characters import normal
from ivr.call.languages.hearing import Hearing, Turns, latest, of_day
from ivr.call.languages.words import LanguageWords, shipped_texts
from ivr.call.languages.zh_dates import WEEKDAY, heard_date
from ivr.call.languages.zh_numbers import N, amount, close, digits, meant, number, whole_number

WORDS = LanguageWords(shipped_texts("zh"))

# --- times ----------------------------------------------------------------------------------------------------

_NIGHT = "晚上|夜晚|晚黑|晚间|今晚|明晚|昨晚|前晚|夜里|夜间|深夜|半夜|午夜|三更半夜"
_SMALL_HOURS = "凌晨|后半夜|下半夜"
_EARLY = "早上|早晨|清晨|大清早|清早|一早|早起|朝早|上午|上昼|今早|黎明|天不亮|天没亮"
_NOON = "中午|晌午|正午|晏昼"
_AFTERNOON = "下午|下昼|午后|后晌|傍晚|黄昏|挨晚"
_PART = "|".join((_SMALL_HOURS, _NIGHT, _EARLY, _NOON, _AFTERNOON))
_TIME = re.compile(
    rf"(?P<part>{_PART})?的?(?P<hour>{N})(?:点钟?|[:时])过?"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|[踏搭](?P<mark>{N})|(?P<fives>{N})个字|(?P<minute>{N}+)(?!点)分?)?"
)
_SHORT_OF = re.compile(rf"差(?:(一刻)|({N})分)钟?(?:到|就)?")
_NOT_AT = re.compile("[点时刻分半](?:钟)?[以之过]?[后前]")
"""九点以后 is no time of day: anybody may mean any hour by it."""
_FILLERS = re.compile(
    "[嗯呃额啊哦]|那个|大概|大约|差不多|来(?=钟)|[左上][右下]"
    "|(?:(?<![今明昨前后当])晚|[早快慢等过大小久]|有)一?点(?![钟半整零一二两三四五六七八九十0-9])"  # 晚一点: later
)

_LATE = "傍晚|黄昏|挨晚|下班(?:之|以)?前"
_PARTS = tuple(
    (re.compile(part), hour) for part, hour in ((_EARLY, 9), (_NOON, 12), (_AFTERNOON, 14), (_LATE, 17), (_NIGHT, 19))
)


_ANY_TIME = (
    f"(?:(?:大?后|今|明)[天日晚早]|[下这本]?个?(?:周|星期|礼拜)[一二三四五六日天]|{_PART}"
    f"|{N}+(?:点钟?(?:半|{N}+分?)?|[号日]))+"
)
_UNFIT = re.compile(
    f"(?:等不[到了及]|不要|别|除了|不想要?|不在)在?{_ANY_TIME}|{_ANY_TIME}(?:的话|那天|都|也|我|是|就)*"
    "(?:不[行在]|不(?:方便|可以|合适)|没(?:空|时间|办法)|来不及|太[晚早迟]|有事|[要在]?上班)了?"
)


def heard_time(words: str) -> time | None:
    """下午三点半, 晚上6点, 九点一刻, 18:00, 半夜12点, 下昼三点三个字 (15:15); 晚上八点 不对 九点 is 21:00."""
    pieces = [WEEKDAY.sub(" ", _FILLERS.sub("", piece)) for piece in meant(words)]  # 周三十点 is no 三十点
    if any(_NOT_AT.search(piece) for piece in pieces):
        return None
    said = [found[0] for piece in pieces if (found := re.search(_PART, piece))]
    return latest(lambda piece: _time(piece, said[0] if said else ""), pieces)


def _time(text: str, part: str) -> time | None:
    """The one time in a text; `part` of the day is that of a text which names none."""
    if short := _SHORT_OF.search(text):  # 差五分九点, 九点差五分
        whole, missing = _time(_SHORT_OF.sub("", text), part), 15 if short[1] else whole_number(short[2])
        if whole is None or missing is None or not 0 < missing < 60:
            return None
        return time(*divmod((whole.hour * 60 + whole.minute - missing) % 1440, 60))
    times = {_of_match(found, found["part"] or part) for found in _TIME.finditer(text)}
    if times:
        return times.pop() if len(times) == 1 else None
    return {"中午": time(12), "正午": time(12), "午夜": time(0)}.get(text.strip("是在就吧的"))


def _is(part: str, parts: str) -> bool:
    return re.fullmatch(parts, part) is not None


def _of_match(found: re.Match[str], part: str) -> time | None:
    hour = whole_number(found["hour"])
    minute = 30 if found["half"] else 0
    for name, size in (("quarter", 15), ("mark", 5), ("fives", 5), ("minute", 1)):
        if found[name]:
            minute = (whole_number(found[name]) or 0) * size
    if hour is None:
        return None
    if _is(part, _NIGHT) or _is(part, _SMALL_HOURS):
        late = _is(part, _NIGHT) and 5 <= hour < 12
        return of_day(0 if hour in (12, 24) else hour, minute, afternoon=late)
    if _is(part, _NOON):
        return of_day(hour, minute, afternoon=hour < 7 or hour == 12)
    if _is(part, _AFTERNOON):
        return of_day(hour, minute, afternoon=True)
    # 12 o'clock in the morning (上午12点) is noon; a written 03:00 is what it says
    exact = _is(part, _EARLY) or len(found["hour"]) == 2
    return of_day(hour % 24 if hour == 24 else hour, minute, afternoon=False if exact and hour != 12 else None)


# --- yes and no, and what callers mix in of Cantonese, Sichuanese, Wu and the Northeast ------------------------


def _phrases(words: str) -> list[Phrase]:
    return [tuple(phrase) for phrase in words.split()]


_DO = _phrases("弄 转 办 来 走 整 搞 做 接 发 查 取 冻 停 开 试 打 说 改 退 继续")
_MEANINGS: dict[Phrase, Meaning] = {
    **{(*verb, *end): "yes" for verb in _DO for end in ("吧", "呗", "嘛", "一下", "一下吧")},
    **{phrase: "yes" for verb in _DO if verb != ("停",) for phrase in (verb * 2, verb * 3, ("赶", "紧", *verb))},
    **{(no, *verb, *end): "no" for no in "不别莫甭" for verb in _DO for end in ("", "了")},
    **WORDS.meanings(_phrases),
}
_PASSED_OVER = frozenset(_phrases(WORDS.texts["agreement"]["fillers"]))
_CORRECTION = re.compile(
    "不不+(?=是的|是啊|对的|要的)|[哦噢喔](?=不|是|要|别)|(?<=[是要好行对])啊(?=不|别)|我?[说讲]错了|等等|等一下|等下(?!次|回)|我是说|(?<=.)不对(?=[^了吧啊呀])"
)
_QUESTION = ("吗", "么", "没", "不")


def yes_or_no(words: str) -> bool | None:
    """是的, 没错, 不用了, 唔好, 要得; 不知道, 是不是 and 可以吗 are neither."""
    text = words.replace("不 错", "不是 错").replace(" ", "")  # "no, wrong" is not 不错, "not bad"
    said = agreement(_CORRECTION.split(text), _MEANINGS, _PASSED_OVER)
    if said and text.endswith(_QUESTION):
        return None
    return said


# --- what matters in a wish ------------------------------------------------------------------------------------

_MEANINGLESS = re.compile(
    "您好|你好|请问|麻烦|帮我|我想要|我想|我要|我需要|想要|需要|我|请|查询|查一下|查|服务|问题|咨询|办理|业务|一下|关于"
    "|怎么办|怎么|什么|的|了|吗|呢|吧|啊|有|想"
)


def content(words: str) -> tuple[str, ...]:
    """我要查询退款 -> 退, 款."""
    return tuple(_MEANINGLESS.sub("", close(words)))


_TURNS = Turns(
    taken_back=re.compile(
        "说错了?|口误|不对不对|哦不是?|啊不是|不是不是|我说的是|我是说|应该是|错了 ?是|等等 ?不?是"
        "|[哎唉诶欸哦噢啊呃] ?不对(?= |我|是|先)|(?<=[^ ]) 不对 ?(?=我|是|先)"
        "|(?:算了|等等|等一下|哎|唉) ?我?还?是?先(?=问|查|看|说|办|要|想|帮)"
        "|^(?:(?:不要|不用|不是|不) )+(?=我就?[要想]|转|给我)"
    ),
    not_wanted=re.compile(
        "(?:并?不是|不要|不想要?|不办|不用|没有?(?=被骗|被盗|丢钱))(?! ?(?:我|本人|自己|你|他|她))[^ ]{1,10}?"
        " ?(?:而是|是|我?要|我?想|我?就|只)"
    ),
    and_also=re.compile("另外|顺便|顺带|还有就是|还有个|再就是|对了 "),
    least=3,
)

_JOINS = re.compile(
    "还有|关于|[问说谈聊咨]询?一下|[问说谈聊](?:问|说|谈|聊)|然后再?|顺手|以及|一个是|[一二三]是|第[一二三]个?|再(?=查|问|看|帮)|[和跟](?=我的|查|问)|还要|也要|也想"
)

_CALL_ME = (
    "(?:[给跟替]我再?(?:[回打来拨挂](?:一?[个通])?(?:电话|过来|回来)|[回来]电|回(?:一?[个通]|拨))"
    "|[回打](?:[过回]来|一?[个通])?(?:电话)?(?:给|返?[畀俾])我|打我的?(?:手机|电话|座机)|回我?(?:一?[个通])?电|回拨)"
)
_NO_CALL = (  # refused, told of, asked about, or expected of a supervisor
    "(?:没有?|冇|未|(?<![能可要是会])不(?:用|要|必|会|能|可能|想|是|需要)|别|甭|莫)"
    "(?:你们?|您|他们?|人|再|给|跟|我|一直|老是|随便|来|急着)*[打回拨来]"
    "|(?:怎么(?![让叫才约预])|为什么|为啥|咋|干[吗嘛]|老[是给打]|总[是给]|一直|(?<!没)有人(?![能可])|别人|(?<!随便)谁|骗子|自称|什么时候|几时"
    f"|多久|经理|主管|领导|刚刚?|昨|上次|上回|(?<!会)说(?!不|一)|答应|等(?:你|他|着|人|您))[^ ]*{_CALL_ME}"
    f"|[给跟](?:你|您|他|她)们?[回打]|(?<![给跟替])我[来是就]?回[拨电个一]|{_CALL_ME}(?:[过了]|的(?!话)|[说问]|[让叫要]我)"
)

_PLACES = {"一": 0, "1": 0, "二": 1, "2": 1, "三": 2, "3": 2, "四": 3, "4": 3, "五": 4, "5": 4, "最后": -1}
_PLACE = re.compile(
    "(?:嗯|呃|那|就|我|想|要|选|選|按|办|是)*(?:第([一二三四五1-5])|(最后)一?)[个個项項种種]?(?:选项|吧|啊|呀|的|谢谢)*"
)


def _place(heard: str) -> int | None:
    found = _PLACE.fullmatch(heard)
    return _PLACES[found[1] or found[2]] if found else None


HEARING = Hearing(
    normal=normal,
    digits=digits,
    number=number,
    amount=amount,
    date=heard_date,
    time=heard_time,
    parts=_PARTS,
    unfit=_UNFIT,
    from_then=re.compile("(?<=[点时刻分半钟])[以之过]?后"),
    agreement=yes_or_no,
    content=content,
    stem=str,
    needs=_TURNS.needs,
    joins=_JOINS,
    greeting=re.compile(
        "(?:喂|[你您]好|哈[喽啰罗]|嗨|[早晚]上好|[啊嗯呃额哦]|那个|好[的吧]?|行|谢谢[你您]?|多谢|知道了| )+"
    ),
    refusal=re.compile(
        "(?:(?<![要想用是])(?:不要|不想要?|不用|不需要|不是[来要想])|先不|暂时?不|别(?![人的]))"
        "(?:再|给我|帮我|急着)?[^ ]{0,2}"
    ),
    place=_place,
    no_key=WEEKDAY,
    lacking=re.compile("不(?!好意思)|没听懂|差|一点点|唔(?:识|識)"),
    missing=re.compile(
        "忘[记記了]|不(?:知道|记得|記得|晓得|清楚)|唔(?:知|记得|記得)|[想记記]不(?:起|得|住|清)|[找查收]不到|不在(?:手边|身边|身上)"
        "|(?:没有?|沒有?|冇|莫得)(?:带|帶|记|收到?|设|开|注册|办|账|帐|帳|编|号|號|卡|密码|密碼|验证码|短信|这个|那个|了|啊|呀|$)"
    ),
    which=re.compile(
        "(?:哪一?个|哪一?個|哪张|什么|啥|边个|邊個)(?:的|样的)?"
        "(?:账|帐|帳|编|号|號|卡|密码|验证码|数字|金额|日期|时间|手机|电话|地方)|发到?哪"
    ),
    instead_of={
        "code": re.compile(
            "(?P<pin>密码)|充电|没电|(?:另|别)[^ ]{0,2}手机|国外"
            "|换了?个?(?:手机)?号|号码?(?:也|已经|早)?(?:换|不用|停|注销)|不(?:想|愿意|能)(?:给|告诉|说)"
        ),
        "pin": re.compile("验证码|短信"),
    },
    resend=re.compile(
        "再[发来传]|删[了掉]|(?:码|短信)在哪|重新?[发来]|补发|[没未冇]有?收到|收不到|[没未]有?[来到](?=[啊呀呢哦]|$| )"
    ),
    why=re.compile(
        "码[是有]?[个]?(?:什么|啥|干|做什么)|(?:什么|啥)是?验证码|(?:为什么|为啥|干[嘛吗]|凭什么|凭啥)(?:还?要|得)?我?(?:验证|核实|输|给|告诉|身份)"
        "|(?:你们?|您|这|会不会|是不是|万一)(?:是不是|会不会|可能)?是?个?(?:骗子|诈骗|假的|真的)|怎么知道你"
    ),
    own_number=re.compile(
        r"(?:就|是|用|打|拨|我|请|还|的|对)*(?:本机|(?:这个?|现在(?:打的|用的)?这个|同一个|来电|一样的|正在用的|正在打的|现在打的)(?:手机|电话|号码?|的)+)"
        r"(?:号码?|打的?|打来的?|拨打的?|就行|就好|就可以|吧|啊|呀|呢|的)*"
    ),
    papers=re.compile(
        "(?:什么|啥|咩|哪些|哪种)(?:的|样的)?(?:材料|资料|資料|证件|证明|凭证|文件|照片|图片|东西)"
        "|(?:准备|准備|提供|提交|上传)(?:些|点)?(?:什么|啥|哪些)|(?:寄|发|發|传|傳|交|递|上传|提交)(?:到|给|去|在)?(?:哪|啥地方|什么地方|边度|谁)"
    ),
    question=re.compile(
        "什么|甚么|啥|咩|哪|边度|邊度|几时|幾時|多久|多长|多少|几[天号点个]|怎么|怎样|咋|点样|點樣|还是|[能可行要]不[能可行要]|吗|[么呢]$"
    ),
    callback=re.compile(f"^(?!.*(?:{_NO_CALL})).*{_CALL_ME}"),
    moment=re.compile("等一?[下等会]|等等|慢着|[稍请]等|马上|我?(?:找|看|查|拿)(?:一下|一找|一看|找|看)"),
    shortest=_TURNS.least,
    asks=WORDS.asks,
    in_order=True,
)
