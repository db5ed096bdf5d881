package main

import (
	"net/http"

	"github.com/agentcare/agentcare/channels/ical"
)

// calendars adds the calendars that programs subscribe to.
func (p *parts) calendars(mux *http.ServeMux) error {
	server, err := ical.New(ical.Config{Feeds: p.db, Logger: p.log})
	if err != nil {
		return err
	}
	mux.Handle(ical.Prefix, server.Handler())
	return nil
}
