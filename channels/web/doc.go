// Package web is the website's chat: sessions, the WebSocket protocol agentcare.v1, and the widget's files.
package web
