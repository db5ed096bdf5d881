// Package web is the website's chat: sessions, the WebSocket protocol agentcare.v1, and the files of the widget.
//
// A browser asks for a session (POST /chat/session) and gets a token, good for minutes, with which it opens a socket
// (GET /chat/ws). asyncapi.yaml beside this file describes both, with every code that can come back.
//
// # The life of a socket
//
//	connect --hello--> replay --everything sent--> live
//	                     ^  ^                       |
//	                     |  +---- a gap in seq -----+
//	                     +------- another hello ----+
//
// Before the hello a socket takes messages and acknowledges them, and is told nothing else. From then on it gets every
// message once, in the order of seq. While it is live, messages come as events of the [Bus]; an event whose seq is not the next
// one says only how far the record has come, and what is missing is read from [History]. The bus may therefore lose
// events, and bring them twice or late. An event that is lost and has no successor is found by [Server.Run], which reads
// the last seq of all open conversations once a second.
//
// # What a socket costs
//
// One goroutine reads. What is to be written stands in a short queue, and a second goroutine lives only while there is
// something in it or a replay is going on; it alone writes. Write buffers are shared, and pings come from one ticker for
// all. Frames are handled on goroutines of their own, so that the reader's stack stays small: an idle socket costs 9 KiB of
// heap and stack where a bare gorilla server needs 13.5 (BenchmarkIdleSocket prints both). A client that cannot keep up with its queue is closed with [CloseTooSlow], and loses nothing: what it says hello
// with when it comes back decides what it gets.
//
// # What is written down
//
// Logs name requests, conversations and turns by their ids, never words, names, numbers, tokens or addresses.
package web
