package clinic

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorIsComparedByCode(t *testing.T) {
	err := fmt.Errorf("booking: %w", Refuse(CodeSlotTaken, messageTaken))
	if !errors.Is(err, &Error{Code: CodeSlotTaken}) || errors.Is(err, &Error{Code: CodeTooSoon}) {
		t.Error("errors.Is does not go by code")
	}
	if errors.Is(err, errors.ErrUnsupported) {
		t.Error("a refusal is another kind of error")
	}
	if got := CodeOf(err); got != CodeSlotTaken {
		t.Errorf("CodeOf = %q", got)
	}
	if got := CodeOf(errors.New("disk full")); got != "" {
		t.Errorf("CodeOf another error = %q", got)
	}
	if got := Refuse(CodeSlotTaken, messageTaken).Error(); got != messageTaken {
		t.Errorf("Error = %q", got)
	}
}
