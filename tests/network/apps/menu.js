// A voice app for node, without packages: a PIN, a language kept in a cookie, and a gzip reply.
"use strict";
const http = require("node:http");
const zlib = require("node:zlib");
const { URL } = require("node:url");

function page(path, form, cookies) {
  switch (path) {
    case "/voice":
      return `<Gather numDigits="1" action="/language?from=voice">
        <Say>For English, press 1.</Say>
        <Say language="zh-CN">中文请按二。</Say>
      </Gather>
      <Say>We did not hear you.</Say>`;
    case "/language":
      return form.get("Digits") === "2"
        ? `<Redirect method="GET">/pin?language=zh</Redirect>`
        : `<Redirect method="GET">/pin?language=en</Redirect>`;
    case "/pin":
      return `<Gather numDigits="4" finishOnKey="#" timeout="6" action="/check">
        <Say>${cookies.includes("language=zh") ? "请输入密码" : "Enter your PIN"}</Say>
      </Gather>`;
    case "/check":
      return form.get("Digits") === "1234"
        ? `<Say>Welcome &amp; goodbye.</Say><Hangup/>`
        : `<Say>Wrong: ${form.get("Digits")}.</Say><Redirect>/voice</Redirect>`;
    case "/crash":
      throw new Error("boom");
    default:
      return null;
  }
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const url = new URL(request.url, "http://localhost");
    const form = new URLSearchParams(request.method === "POST" ? Buffer.concat(chunks).toString() : url.search);
    let body;
    try {
      body = page(url.pathname, form, request.headers.cookie || "");
    } catch (error) {
      response.writeHead(500, { "Content-Type": "text/plain" });
      response.end(String(error));
      return;
    }
    if (body === null) {
      response.writeHead(404);
      response.end();
      return;
    }
    const headers = { "Content-Type": "text/xml", "Content-Encoding": "gzip" };
    const language = url.searchParams.get("language");
    if (language) headers["Set-Cookie"] = `language=${language}; Path=/; HttpOnly`;
    if (url.pathname === "/language") headers["Set-Cookie"] = `language=${form.get("Digits") === "2" ? "zh" : "en"}`;
    response.writeHead(200, headers);
    response.end(zlib.gzipSync(`<?xml version="1.0" encoding="UTF-8"?><Response>${body}</Response>`));
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
