import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** A queue and a recording, by the server of the JDK alone; replies are chunks of seven bytes. */
public class Waiting {
    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/voice", exchange ->
            reply(exchange, "<Enqueue waitUrl='wait' action='left'>salon</Enqueue>"));
        server.createContext("/wait", exchange ->
            reply(exchange, "<Say>You are number %QueuePosition%.</Say><Gather numDigits='1' action='leave'/>"));
        server.createContext("/leave", exchange -> reply(exchange, "<Leave/>"));
        server.createContext("/left", exchange ->
            reply(exchange, "<Say>%QueueResult% after %QueueTime%.</Say><Record finishOnKey='#' action='kept'/>"));
        server.createContext("/kept", exchange ->
            reply(exchange, "<Say>Kept %RecordingDuration% seconds, ended by %Digits%.</Say>"));
        server.start();
        System.out.println(server.getAddress().getPort());
    }

    /** Sends a document in which %Name% stands for a field of the form. */
    static void reply(HttpExchange exchange, String verbs) throws IOException {
        String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        for (String pair : form.split("&")) {
            String[] field = pair.split("=", 2);
            verbs = verbs.replace("%" + field[0] + "%", URLDecoder.decode(field[1], StandardCharsets.UTF_8));
        }
        byte[] body = ("<Response>" + verbs + "</Response>").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            for (int at = 0; at < body.length; at += 7) {
                out.write(body, at, Math.min(7, body.length - at));
                out.flush();
            }
        }
    }
}
