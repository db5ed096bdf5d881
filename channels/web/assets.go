package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// assets are the files of the front end, read once: they are part of the program.
type assets struct {
	files map[string]asset
	cache string // Cache-Control of everything but pages
}

// asset is one file, plain and compressed, with a tag that changes when it does.
type asset struct {
	contentType string
	tag         string
	plain       []byte
	gzipped     []byte // nil where compressing gains nothing
}

// contentTypes that a front end is made of. The operating system's table differs from machine to machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon",
	".woff2": "font/woff2",
}

const (
	widgetFile = "widget.js"
	demoFolder = "demo/"
	demoPage   = demoFolder + "index.html"
	notBuilt   = "The chat's front end is not part of this program: build it with `make build`, which runs `npm ci` and `npm run build` in web/ first.\n"
)

func loadAssets(files fs.FS, development bool) (assets, error) {
	a := assets{files: make(map[string]asset), cache: "public, max-age=300"}
	if development {
		a.cache = "no-cache"
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if name != widgetFile && !strings.HasPrefix(name, demoFolder) {
			return nil
		}
		file, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		a.files[name], err = newAsset(name, file)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return a, err
}

func newAsset(name string, file []byte) (asset, error) {
	sum := sha256.Sum256(file)
	a := asset{contentType: contentTypes[path.Ext(name)], tag: hex.EncodeToString(sum[:12]), plain: file}
	if a.contentType == "" {
		a.contentType = "application/octet-stream"
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return asset{}, fmt.Errorf("compressing %s: %w", name, err)
	}
	if _, err := io.Copy(w, bytes.NewReader(file)); err != nil {
		return asset{}, fmt.Errorf("compressing %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return asset{}, fmt.Errorf("compressing %s: %w", name, err)
	}
	if zipped.Len() < len(file)*9/10 {
		a.gzipped = zipped.Bytes()
	}
	return a, nil
}

// register adds the routes of the front end. Other sites may load the widget, and nothing else.
func (a assets) register(mux *http.ServeMux, page http.Header) {
	mux.HandleFunc("GET /"+widgetFile, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		a.serve(w, r, widgetFile)
	})
	demo := func(name func(*http.Request) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			maps.Copy(w.Header(), page)
			a.serve(w, r, name(r))
		}
	}
	mux.HandleFunc("GET /{$}", demo(func(*http.Request) string { return demoPage }))
	mux.HandleFunc("GET /demo/{$}", demo(func(*http.Request) string { return demoPage }))
	mux.HandleFunc("GET /demo/{file...}", demo(func(r *http.Request) string { return demoFolder + r.PathValue("file") }))
}

func (a assets) serve(w http.ResponseWriter, r *http.Request, name string) {
	file, found := a.files[name]
	switch {
	case found:
		file.serve(w, r, a.cacheOf(name))
	case name == widgetFile || name == demoPage:
		http.Error(w, notBuilt, http.StatusServiceUnavailable)
	default:
		http.NotFound(w, r)
	}
}

// cacheOf lets a browser keep a page for no time without asking: it names the versions of the rest.
func (a assets) cacheOf(name string) string {
	if path.Ext(name) == ".html" {
		return "no-cache"
	}
	return a.cache
}

func (f asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
	body, tag := f.plain, f.tag
	if f.gzipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body, tag = f.gzipped, f.tag+"-gz"
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for accepted := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(accepted, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return err != nil || q > 0 // without a weight it counts as 1
	}
	return false
}

// pageHeaders are those of the demo page and what it loads: scripts and styles from this server alone, nothing inline,
// and no other site may frame it.
func (s *Server) pageHeaders() http.Header {
	connect := "'self'"
	origin, ok := parseOrigin(s.cfg.PublicURL)
	if ok {
		connect += " " + strings.Replace(origin, "http", "ws", 1) // browsers before 2022 do not count it as 'self'
	}
	h := http.Header{
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
			"connect-src " + connect + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=()"},
		"Referrer-Policy":              {"strict-origin-when-cross-origin"},
	}
	if strings.HasPrefix(origin, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return h
}
