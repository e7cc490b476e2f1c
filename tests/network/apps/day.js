// A day's work of another language's client, unmodified: needs the npm package twilio. Prints one word per success.
"use strict";
const twilio = require("twilio");

const [url, account, token, person, other, number] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = url;

async function until(ask) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not happen");
}

async function day() {
  const call = await client.calls.create({
    to: person, from: number, twiml: "<Response><Say>hi</Say><Pause length='900'/></Response>",
  });
  await until(async () => (await client.calls(call.sid).fetch()).status === "in-progress");
  console.log("call");
  await client.calls(call.sid).update({ twiml: "<Response><Dial><Conference>room</Conference></Dial></Response>" });
  await client.conferences("room").participants.create({ from: number, to: other });
  await until(async () => (await client.conferences.list({ status: "in-progress" })).length === 1);
  const [room] = await client.conferences.list({ status: "in-progress" });
  await client.conferences(room.sid).update({ status: "completed" });
  console.log("conference");
  const sent = await client.messages.create({ to: person, from: number, body: "您好" });
  if ((await client.messages(sent.sid).fetch()).body === "您好") console.log("message");
  const queue = await client.queues.create({ friendlyName: "queue" });
  if (await client.queues(queue.sid).remove()) console.log("queue");
  await client.calls("CA" + "0".repeat(32)).fetch().catch((error) => {
    if (error.code === 20404) console.log("error");
  });
}

day().catch((error) => {
  console.error(error);
  process.exit(1);
});
