package tools

import (
	"context"
	"fmt"

	"github.com/agentcare/agentcare/clinic"
)

// VerifyIn is who somebody says they are, as entered in the form.
type VerifyIn struct {
	Claim clinic.Claim
	Enrol bool // they are booking: a new patient gets a chart once the code was right
}

// BeginVerification sends a one-time code to the number of the claim. The answer does not tell whether there is such a patient.
func (d *Desk) BeginVerification(ctx context.Context, caller Caller, in VerifyIn) (clinic.Verification, error) {
	return d.sendCode(ctx, caller, clinic.VerifyRequest{Claim: in.Claim, Enrol: in.Enrol})
}

// AnotherCode sends a new code for the claim that was made last at this endpoint; [clinic.CodeNotFound] when there is none.
func (d *Desk) AnotherCode(ctx context.Context, caller Caller, enrol bool) (clinic.Verification, error) {
	return d.sendCode(ctx, caller, clinic.VerifyRequest{Again: true, Enrol: enrol})
}

func (d *Desk) sendCode(ctx context.Context, caller Caller, r clinic.VerifyRequest) (clinic.Verification, error) {
	r.Endpoint, r.Actor, r.Key = caller.Endpoint, caller.actor(), caller.key("code")
	sent, err := d.config.Verifier.BeginVerification(ctx, caller.Clinic, r)
	if err != nil {
		return clinic.Verification{}, fmt.Errorf("sending a code: %w", err)
	}
	return sent, nil
}

// CheckCode checks the code that somebody typed. When it is right, the caller is who [clinic.Verified] says.
func (d *Desk) CheckCode(ctx context.Context, caller Caller, code string) (clinic.Verified, error) {
	verified, err := d.config.Verifier.CheckCode(ctx, caller.Clinic, clinic.CheckRequest{
		Endpoint: caller.Endpoint,
		Code:     code,
		Actor:    caller.actor(),
		Key:      caller.key("check"),
	})
	if err != nil {
		return clinic.Verified{}, fmt.Errorf("checking a code: %w", err)
	}
	return verified, nil
}

// PatientName is the given name of the caller, who has proven who they are.
func (d *Desk) PatientName(ctx context.Context, caller Caller) (string, error) {
	if err := caller.mustBeVerified(); err != nil {
		return "", err
	}
	name, err := d.config.Verifier.PatientName(ctx, caller.Clinic, caller.Patient)
	if err != nil {
		return "", fmt.Errorf("reading a patient's name: %w", err)
	}
	return name, nil
}
