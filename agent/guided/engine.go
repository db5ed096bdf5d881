// Package guided is the built-in engine: it answers patients without a model.
//
// What somebody writes is understood from the words of their language (words/), the clinic's names and what was offered
// last (understand.go). A policy (policy.go) decides what to do or to ask next, one thing at a time; each job has a file
// of its own. What is said comes from package prompts. Changes are made by package tools, and only when the patient has
// confirmed them: by a button, or by a yes that leaves no doubt.
//
//	book:    care -> slot -> details -> code -> confirm -> booked
//	move:    details -> code -> which -> slot -> confirm -> moved
//	cancel:  details -> code -> which -> confirm -> cancelled
//
// Details and code are left out for whoever has proven who they are. A question in between is answered, and the step
// that was asked is asked again.
package guided

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// Config is what an [Engine] works with.
type Config struct {
	Desk *tools.Desk // required
}

// Engine is the built-in engine. It keeps nothing of a conversation and is safe for concurrent use.
type Engine struct {
	desk     *tools.Desk
	wording  *prompts.Guided
	lexicons map[string]*lexicon
	clinics  sync.Map // vocabularyKey to *vocabulary
}

// vocabularyKey is the words of a language at a clinic.
type vocabularyKey struct {
	clinic   uuid.UUID
	language string
}

// New makes an Engine. It reads the embedded words and wording, which takes some milliseconds.
func New(config Config) (*Engine, error) {
	if config.Desk == nil {
		return nil, errors.New("guided: Config.Desk is required")
	}
	wording, err := prompts.LoadGuided()
	if err != nil {
		return nil, fmt.Errorf("making the built-in engine: %w", err)
	}
	lexicons, err := loadLexicons()
	if err != nil {
		return nil, fmt.Errorf("making the built-in engine: %w", err)
	}
	return &Engine{desk: config.Desk, wording: wording, lexicons: lexicons}, nil
}

// Respond answers one turn.
func (e *Engine) Respond(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
	t, err := e.open(ctx, turn, out)
	if err != nil {
		return agent.Reply{}, err
	}
	for _, in := range t.inputs() {
		t.caller.Seq = in.seq
		if err := t.take(ctx, in); err != nil {
			return agent.Reply{}, err
		}
		t.closeBody()
	}
	return t.reply()
}

// vocabulary is the words of a conversation's language at its clinic, made anew when the clinic's directory has changed.
func (e *Engine) vocabulary(language string, d *clinic.Directory) *vocabulary {
	l := e.lexicons[language]
	if l == nil {
		l, language = e.lexicons["en"], "en"
	}
	key := vocabularyKey{d.Clinic.ID, language}
	if known, ok := e.clinics.Load(key); ok {
		if v, ok := known.(*vocabulary); ok && v.directory == d {
			return v
		}
	}
	v := newVocabulary(l, language, d)
	e.clinics.Store(key, v)
	return v
}
