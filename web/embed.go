// Package web carries the built front end inside the binary: the chat widget
// that a clinic's site embeds, and the demo page around it.
//
// The files are made by "npm run build" in this folder. A checkout in which
// that has not run yet still compiles; [FS] then holds no widget.js.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS is the built front end, read-only and safe for concurrent use:
//
//	widget.js         the <agentcare-chat> element, one classic script
//	demo/index.html   the demo clinic's page; its assets are beside it and are addressed as /demo/...
//
// Before the front end has been built it holds only .gitkeep.
var FS fs.FS = mustSub(dist, "dist")

func mustSub(files embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // Unreachable: dir is a valid constant path.
	}
	return sub
}
