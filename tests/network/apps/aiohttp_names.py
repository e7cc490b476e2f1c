"""A name is asked for by an app of aiohttp: redirected replies, gzip in parts, words as they come."""

import socket
from urllib.parse import quote

from aiohttp import web

ASK = (
    '<Gather input="speech" language="en-US" partialResultCallback="/part" speechTimeout="auto" action="/said">'
    "<Say>Say your name.</Say></Gather>"
)
parts = []


async def voice(_request):
    return web.Response(text=f"<Response>{ASK}</Response>", content_type="text/xml")


async def said(request):
    form = await request.post()
    raise web.HTTPFound(f"/thanks?name={quote(form['SpeechResult'])}")


async def thanks(request):
    reply = web.StreamResponse(headers={"Content-Type": "text/xml"})
    reply.enable_compression(web.ContentCoding.gzip)
    await reply.prepare(request)
    for piece in ("<Response><Say>Thank you, ", request.query["name"], f" ({parts[-1]}).</Say></Response>"):
        await reply.write(piece.encode())
    await reply.write_eof()
    return reply


async def part(request):
    form = await request.post()
    parts.append(form["UnstableSpeechResult"])
    return web.Response(status=204)


if __name__ == "__main__":
    app = web.Application()
    app.add_routes(
        [web.post("/voice", voice), web.post("/said", said), web.get("/thanks", thanks), web.post("/part", part)]
    )
    web.run_app(app, sock=socket.create_server(("127.0.0.1", 0)))  # prints its address
