package guided

import "context"

// advanceCancel does the next step of cancelling an appointment.
func (t *talk) advanceCancel(ctx context.Context) error {
	if !t.identified() {
		return t.askDetails()
	}
	a, ok, err := t.target(ctx, "which-cancel")
	if err != nil || !ok {
		return err
	}
	proposal, err := t.desk.ProposeCancel(ctx, t.caller, a.ID)
	if err != nil {
		return t.notChangeable(ctx, err)
	}
	return t.showProposal(ctx, proposal, true)
}
