<?php
// A salon's line in plain PHP: no framework, no library; the session's cookie counts the tries.
session_start();
header('Content-Type: text/xml; charset=utf-8');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/status') {
    http_response_code(204);
    exit;
}
echo '<?xml version="1.0" encoding="UTF-8"?>', "\n<Response>\n";
switch ($path) {
    case '/voice':
        $action = '/choice?from=' . urlencode($_POST['From']);
        echo "<Gather input='dtmf speech' hints='cut, colour' numDigits='1' timeout='4' action='$action'>";
        echo "<Say language='de-DE'>Schnitt &amp; Farbe: drücken Sie eins.</Say></Gather><Redirect>/again</Redirect>";
        break;
    case '/again':
        $_SESSION['tries'] = ($_SESSION['tries'] ?? 0) + 1;
        echo $_SESSION['tries'] > 1
            ? "<Say>Goodbye.</Say><Hangup/>"
            : "<Say>Sorry.</Say><Redirect method='GET'>/once-more?x=1&amp;y=2</Redirect>";
        break;
    case '/once-more':
        echo "<Say>Once more, {$_GET['CallStatus']} {$_GET['x']}{$_GET['y']}.</Say><Redirect>/again</Redirect>";
        break;
    case '/choice':
        $what = htmlspecialchars($_POST['Digits'] ?? $_POST['SpeechResult']);
        echo "<Say>You chose $what from ", htmlspecialchars($_GET['from']), ".</Say>";
        echo "<Dial action='/after' timeout='8'><Number sendDigits='ww12' url='/screen'>+15005550020</Number></Dial>";
        break;
    case '/screen':
        echo "<Say>A caller.</Say>";
        break;
    case '/after':
        echo "<Say>It was {$_POST['DialCallStatus']} for {$_POST['DialCallDuration']} seconds.</Say>";
        break;
}
echo "</Response>";
