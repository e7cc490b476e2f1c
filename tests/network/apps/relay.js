// An assistant for ConversationRelay, as tutorials write one for Node: Express for the call, ws for its words. It streams
// tokens, remembers the conversation up to what was heard of it, and hands over to a person.
"use strict";
const http = require("node:http");
const express = require("express");
const { WebSocketServer } = require("ws");

const app = express();
app.use(express.urlencoded({ extended: false }));
app.post("/voice", (request, response) => {
  response.type("text/xml").send(`<Response>
    <Connect action="/over">
      <ConversationRelay url="wss://${request.headers.host}/relay" dtmfDetection="true"
        welcomeGreeting="Hi, I am an assistant. Ask me anything.">
        <Parameter name="caller" value="${request.body.From}"/>
      </ConversationRelay>
    </Connect>
  </Response>`);
});
app.post("/over", (request, response) => {
  const why = JSON.parse(request.body.HandoffData ?? "{}").reason;
  response.type("text/xml").send(`<Response><Say>${why ? `Connecting you: ${why}.` : "Goodbye."}</Say></Response>`);
});

const server = http.createServer(app);
new WebSocketServer({ server, path: "/relay" }).on("connection", (socket) => {
  const conversation = [];
  const send = (message) => socket.send(JSON.stringify(message));
  const say = async (words) => {
    conversation.push({ role: "assistant", content: words });
    for (const token of words.split(/(?<= )/)) {
      send({ type: "text", token, last: false });
      await new Promise((resolve) => setTimeout(resolve, 5)); // as a model streams
    }
    send({ type: "text", token: "", last: true });
  };
  socket.on("message", async (raw) => {
    const message = JSON.parse(raw);
    switch (message.type) {
      case "setup":
        conversation.push({ role: "system", content: `The caller is ${message.customParameters.caller}.` });
        break;
      case "prompt":
        conversation.push({ role: "user", content: message.voicePrompt });
        if (/person|human/.test(message.voicePrompt)) {
          send({ type: "end", handoffData: JSON.stringify({ reason: "asked for a person" }) });
        } else if (/who am I/.test(message.voicePrompt)) {
          await say(conversation[0].content);
        } else if (/what did you say/.test(message.voicePrompt)) {
          await say(`I said: ${conversation.findLast((one) => one.role === "assistant").content}`);
        } else {
          await say(`You asked about ${message.voicePrompt}. That takes a long answer with very many words.`);
        }
        break;
      case "dtmf":
        await say(`You pressed ${message.digit}.`);
        break;
      case "interrupt": {
        const last = conversation.findLast((one) => one.role === "assistant");
        if (last) last.content = message.utteranceUntilInterrupt;
        break;
      }
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
