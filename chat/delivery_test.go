package chat

import (
	"errors"
	"fmt"
	"testing"
)

func TestDeliveryError(t *testing.T) {
	broken := errors.New("the line is broken")
	err := fmt.Errorf("sending: %w", &DeliveryError{Code: "30022", Err: broken})
	if !errors.Is(err, broken) || err.Error() != "sending: not delivered: 30022: the line is broken" {
		t.Errorf("%v", err)
	}
	if got := (&DeliveryError{Code: "21610"}).Error(); got != "not delivered: 21610" {
		t.Errorf("%s", got)
	}
}
