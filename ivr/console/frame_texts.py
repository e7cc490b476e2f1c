"""The texts of the frame: navigation, login, one's own account, errors, live updates."""

from __future__ import annotations

from collections.abc import Mapping

FRAME_TEXTS: Mapping[str, tuple[str, str]] = {
    "app.name": ("客服工作台", "Hotline console"),
    "app.skip": ("跳到主要内容", "Skip to the content"),
    "app.navigation": ("主导航", "Main navigation"),
    "app.help": ("键盘快捷键", "Keyboard shortcuts"),
    "app.close": ("关闭", "Close"),
    "app.language": ("语言", "Language"),
    "app.supervisor": ("主管", "Supervisor"),
    "app.agent": ("客服", "Agent"),
    "app.yes": ("确定", "Yes"),
    "app.no": ("取消", "Cancel"),
    # live
    "live.on": ("实时", "Live"),
    "live.slow": ("每 3 秒更新", "Every 3 seconds"),
    "live.off": ("未连接", "Not live"),
    "live.lost": (
        "实时更新已中断，正在重新连接。下方内容可能不是最新的。",
        "Live updates are lost; reconnecting. What you see may be out of date.",
    ),
    "live.noscript": (
        "浏览器未启用 JavaScript：页面不会自动更新，请手动刷新。",
        "JavaScript is off, so pages do not update by themselves: reload to see what is new.",
    ),
    "live.failed": ("没有送达，请再试一次。", "That did not get through. Try again."),
    # shortcuts
    "keys.about": (
        "不在输入文字时，按一个键即可。",
        "A single key does it, whenever you are not typing.",
    ),
    "keys.off": ("在此浏览器中停用单键快捷键", "Switch single-key shortcuts off in this browser"),
    "keys.help": ("显示此帮助", "Show this help"),
    "keys.search": ("转到搜索框", "Go to the search field"),
    # logging in
    "login.title": ("登录", "Log in"),
    "login.name": ("用户名", "Name"),
    "login.password": ("密码", "Password"),
    "login.enter": ("登录", "Log in"),
    "login.wrong": ("用户名或密码不正确。", "The name or the password is not right."),
    "login.wait": (
        "尝试次数过多，请在 {seconds} 秒后再试。",
        "Too many tries. Wait {seconds} seconds, then try again.",
    ),
    "login.over": ("您已退出登录，请重新登录。", "You were logged out. Log in again."),
    "login.stale": ("此页面已过期，请再登录一次。", "This page was out of date. Log in once more."),
    "login.left": ("您已退出登录。", "You are logged out."),
    "login.forgotten": (
        "忘记密码？请主管为您重设。",
        "Forgotten the password? Ask your supervisor for a new one.",
    ),
    "login.out": ("退出登录", "Log out"),
    "login.soon": ("即将退出登录", "You will be logged out"),
    "login.soon_about": (
        "您已有一段时间没有操作。为了安全，{seconds} 秒后将退出登录。",
        "Nothing was done here for a while. To be safe, you will be logged out in {seconds} seconds.",
    ),
    "login.ends": (
        "本次登录几分钟后到期。请先保存正在填写的内容，然后重新登录。",
        "This login ends in a few minutes. Save what you are writing, then log out and in again.",
    ),
    "login.stay": ("继续使用", "Stay logged in"),
    # my account
    "me.title": ("我的账户", "My account"),
    "me.queues": ("队列", "Queues"),
    "me.all_queues": ("全部队列", "All queues"),
    "me.no_queues": ("无", "None"),
    "me.languages": ("通话语言", "Languages spoken"),
    "me.any_language": ("全部", "All"),
    "me.role": ("角色", "Role"),
    "me.sessions": ("已登录的浏览器", "Where you are logged in"),
    "me.browser": ("浏览器", "Browser"),
    "me.this": ("此浏览器", "This browser"),
    "me.other": ("其他浏览器", "Another browser"),
    "me.began": ("登录时间", "Logged in"),
    "me.seen": ("最近操作", "Last active"),
    "me.end_others": ("退出其他浏览器", "Log out the others"),
    "me.ended_others": ("其他浏览器均已退出登录。", "You are logged out everywhere else."),
    "me.password": ("更改密码", "Change your password"),
    "me.password_about": (
        "至少 {shortest} 个字符，几个词连在一起最好记。更改后，所有浏览器都需要重新登录。",
        "At least {shortest} characters; a few words are easy to remember. Every browser will have to log in anew.",
    ),
    "me.current": ("当前密码", "Current password"),
    "me.new": ("新密码", "New password"),
    "me.again": ("再次输入新密码", "New password again"),
    "me.change": ("更改密码", "Change password"),
    "me.changed": (
        "密码已更改，其他浏览器均已退出登录。",
        "The password is changed, and every other browser logged out.",
    ),
    "me.not_current": ("当前密码不正确。", "The current password is not right."),
    "me.not_twice": ("两次输入的新密码不一致。", "The new password was not typed the same twice."),
    "me.flaw_short": ("新密码至少需要 {shortest} 个字符。", "The new password needs at least {shortest} characters."),
    "me.flaw_long": ("新密码过长。", "The new password is too long."),
    "me.flaw_name": ("新密码不能只是您的用户名。", "The new password must not be your name."),
    "me.flaw_same": ("新密码使用的字符种类太少。", "The new password uses too few different characters."),
    # what goes wrong
    "error.400": ("无法理解此请求。", "This request could not be understood."),
    "error.403": ("您没有权限进行此操作。", "You may not do that."),
    "error.404": ("没有找到此页面。", "There is no such page."),
    "error.405": ("此处不支持该操作。", "That cannot be done here."),
    "error.413": ("发送的内容过大。", "That was too large."),
    "error.500": ("出现故障，已记入日志。请再试一次。", "Something went wrong here; it is in the log. Try again."),
    "error.503": ("系统繁忙，请稍后再试。", "The store does not answer. Try again in a moment."),
    "error.home": ("返回首页", "Back to the start"),
}
