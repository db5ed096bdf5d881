package worker

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
)

func wantSaid(t *testing.T, b *bench, args chat.TurnArgs, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, b.record.said(args)); diff != "" {
		t.Errorf("the conversation (-want +got):\n%s", diff)
	}
}

func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.New(agenttest.Step{Deltas: []string{"Hel", "lo"}})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		<-b.wake(args)
		wantSaid(t, b, args, "one", "You said: one")
		got := b.events.take()
		if got[0] != "typing" || got[len(got)-1] != "message You said: one" {
			t.Errorf("events %q", got)
		}

		b.record.say(args, "two")
		<-b.wake(args)
		wantSaid(t, b, args, "one", "You said: one", "two", "You said: two")
		if n := b.record.called("History"); n != 1 {
			t.Errorf("the record's history was read %d times: the second turn has it in memory", n)
		}
		turns := engine.Turns()
		if diff := cmp.Diff([]string{"Hello", "one", "You said: one"}, texts(turns[1].History)); diff != "" {
			t.Errorf("what the second turn knew (-want +got):\n%s", diff)
		}
		if string(turns[1].State) != `{"turns":1}` {
			t.Errorf("the second turn's state is %s", turns[1].State)
		}
		done := b.record.written()[1]
		if done.Engine != "scripted" || done.Outcome != chat.OutcomeDone || done.Answered != 4 {
			t.Errorf("recorded as %s, %s, up to %d", done.Engine, done.Outcome, done.Answered)
		}
	})
}

func texts(messages []chat.Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		out[i] = m.Body.Text
	}
	return out
}

func TestMemoryHoldsWhatTheRecordHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, agenttest.New(), func(c *Config) { c.History = 5 })
		args := b.record.open()
		for i := range 6 {
			b.record.put(args, chat.Body{Text: strconv.Itoa(i), Filled: &chat.Filled{Form: "f", Values: map[string]string{"code": "123456"}}}, 0)
			<-b.wake(args)
			kept, found, err := b.memory.Load(context.Background(), args.Clinic, args.Conversation)
			if !found || err != nil {
				t.Fatal("nothing is kept")
			}
			c := b.record.conversations[args.Conversation]
			history, err := b.record.History(context.Background(), args.Clinic, args.Conversation, c.Answered, 5)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(chat.Snapshot{Answered: c.Answered, State: c.state, History: history}, kept); diff != "" {
				t.Fatalf("after turn %d (-record +memory):\n%s", i, diff)
			}
		}
	})
}

func TestStaleMemoryIsNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(*bench, chat.TurnArgs){
		"older": func(b *bench, args chat.TurnArgs) { b.memory.saved[args.Conversation] = chat.Snapshot{Answered: 1} },
		"gone":  func(b *bench, args chat.TurnArgs) { delete(b.memory.saved, args.Conversation) },
		"away":  func(b *bench, _ chat.TurnArgs) { b.memory.away = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := agenttest.New()
				b := newBench(t, engine)
				args := b.record.open()
				b.record.say(args, "one")
				<-b.wake(args)
				spoil(b, args)
				b.record.say(args, "two")
				<-b.wake(args)
				if diff := cmp.Diff([]string{"Hello", "one", "You said: one"}, texts(engine.Turns()[1].History)); diff != "" {
					t.Errorf("what the second turn knew (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestMessagesDuringATurnAreTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		engine := agenttest.New(agenttest.Step{Until: release})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		done := b.wake(args)
		<-engine.Started()
		b.record.say(args, "two", "three") // nobody wakes the worker for these
		close(release)
		<-done
		wantSaid(t, b, args, "one", "two", "three", "You said: one", "You said: two | three")
		second := engine.Turns()[1]
		if diff := cmp.Diff([]string{"Hello", "one", "You said: one"}, texts(second.History)); diff != "" {
			t.Errorf("what the second turn knew (-want +got):\n%s", diff)
		}
	})
}

func TestMessageWhileTheAnswerIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, agenttest.New())
		args := b.record.open()
		b.memory.hold = func() { // the answer is written; its conversation is still at work here
			b.memory.hold = nil
			b.record.say(args, "two")
			<-b.wake(args)
		}
		b.record.say(args, "one")
		<-b.wake(args)
		wantSaid(t, b, args, "one", "You said: one", "two", "You said: two")
	})
}

func TestOneConversationIsAnsweredOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		engine := agenttest.Func(func(_ context.Context, turn agent.Turn, _ agent.Stream) (agent.Reply, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			sleep(t.Context(), 10*time.Millisecond)
			return agenttest.Echo(turn), nil
		})
		b := newBench(t, engine)
		args := b.record.open()
		for i := range 50 {
			b.record.say(args, strconv.Itoa(i))
			b.wake(args)
			sleep(t.Context(), 3*time.Millisecond)
		}
		b.drain()
		<-b.idle()
		if most.Load() != 1 {
			t.Errorf("%d turns ran at once", most.Load())
		}
		var answered []string
		for _, text := range b.record.said(args) {
			if said, is := strings.CutPrefix(text, "You said: "); is {
				answered = append(answered, strings.Split(said, " | ")...)
			}
		}
		if !slices.IsSortedFunc(answered, func(a, b string) int { return len(a) - len(b) }) || len(answered) != len(slices.Compact(slices.Clone(answered))) {
			t.Errorf("answered out of order, or twice: %q", answered)
		}
	})
}

func TestTurnsAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		steps := make([]agenttest.Step, 10)
		for i := range steps {
			steps[i].Until = release
		}
		engine := agenttest.New(steps...)
		b := newBench(t, engine, func(c *Config) { c.MaxTurns = 3 })
		var all []chat.TurnArgs
		for range 10 {
			args := b.record.open()
			b.record.say(args, "one")
			b.wake(args)
			all = append(all, args)
		}
		synctest.Wait()
		if n := len(engine.Turns()); n != 3 {
			t.Errorf("%d turns run, want 3", n)
		}
		if b.free() != 0 {
			t.Errorf("%d places are free", b.free())
		}
		close(release)
		synctest.Wait()
		for _, args := range all {
			wantSaid(t, b, args, "one", "You said: one")
		}
	})
}

func TestDebounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.New()
		b := newBench(t, engine)
		args := b.record.open()
		begun := time.Now()
		for _, text := range []string{"I", "need", "a dentist"} {
			b.record.put(args, chat.Body{Text: text}, 400*time.Millisecond)
			<-b.wake(args)
			sleep(t.Context(), 300*time.Millisecond)
		}
		turn := <-engine.Started()
		if waited := turn.Now.Sub(begun); waited != time.Second {
			t.Errorf("answered after %s, want 400 ms after the last message", waited)
		}
		synctest.Wait()
		wantSaid(t, b, args, "I", "need", "a dentist", "You said: I | need | a dentist")
		if n := len(b.timers); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
}

func TestEngineFailures(t *testing.T) {
	stuck := make(chan struct{})
	never := make(chan struct{})
	for code, step := range map[string]agenttest.Step{
		"engine_error":   {Deltas: []string{"We have"}, Err: errors.New("no model")},
		"engine_panic":   {Panic: "index out of range"},
		"engine_timeout": {Until: never},
		"engine_hangs":   {Hang: stuck},
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if step.Hang != nil {
					stuck := make(chan struct{})
					step.Hang = stuck
					defer synctest.Wait()
					defer close(stuck)
				}
				if step.Until != nil {
					step.Until = make(chan struct{})
				}
				engine := agenttest.New(agenttest.Step{}, step, step, step)
				b := newBench(t, engine, func(c *Config) { c.TurnTimeout = 10 * time.Second })
				args := b.record.open()
				b.record.say(args, "one")
				<-b.wake(args)
				b.events.take()
				b.record.say(args, "two")
				b.wake(args)
				sleep(t.Context(), time.Minute)
				synctest.Wait()

				wantSaid(t, b, args, "one", "You said: one", "two", "Sorry (en)")
				last := b.record.written()[1]
				if last.Outcome != chat.OutcomeFailed || last.ErrorCode != code || string(last.State) != `{"turns":1}` {
					t.Errorf("recorded as %s, %q, state %s", last.Outcome, last.ErrorCode, last.State)
				}
				if n := len(engine.Turns()); n != 4 {
					t.Errorf("the engine was asked %d times, want once and three times", n)
				}
				turns := engine.Turns()
				taken := turns[3].Now.Sub(turns[1].Now) - 2*failingTakes(code)
				if taken != 1500*time.Millisecond {
					t.Errorf("it waited %s between the attempts, want 500 ms and 1 s", taken)
				}
				if got := b.events.take(); strings.Count(strings.Join(got, ","), "discard") != 2 {
					t.Errorf("events %q, want what was shown discarded twice", got)
				}
			})
		})
	}
}

func failingTakes(code string) time.Duration {
	switch code {
	case "engine_timeout":
		return 10 * time.Second
	case "engine_hangs":
		return 10*time.Second + patience
	}
	return 0
}

func TestEngineThatAnswersWithNothingHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.Func(func(context.Context, agent.Turn, agent.Stream) (agent.Reply, error) { return agent.Reply{}, nil })
		b := newBench(t, engine, func(c *Config) { c.MaxAttempts = 1 })
		args := b.record.open()
		b.record.say(args, "one")
		<-b.wake(args)
		wantSaid(t, b, args, "one", "Sorry (en)")
		if code := b.record.written()[0].ErrorCode; code != "engine_silent" {
			t.Errorf("code %q", code)
		}
	})
}

func TestTurnThatKillsItsWorkersIsNotAskedForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.New()
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		b.record.conversations[args.Conversation].attempts = 3 + spareAttempts
		<-b.wake(args)
		wantSaid(t, b, args, "one", "Sorry (en)")
		if len(engine.Turns()) != 0 || b.record.written()[0].ErrorCode != "abandoned" {
			t.Error("the engine was asked again")
		}
	})
}

func TestLostLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		engine := agenttest.New(agenttest.Step{Deltas: []string{"We have three."}, Until: release})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		done := b.wake(args)
		<-engine.Started()
		synctest.Wait()
		b.record.steal(args)
		close(release)
		<-done
		wantSaid(t, b, args, "one")
		if diff := cmp.Diff([]string{"typing", "deltaWe have three.", "discard"}, b.events.take()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if len(b.memory.saved) != 0 {
			t.Error("something was kept of a turn that was not written")
		}
	})
}

func TestLostAnswersOfTheDatabase(t *testing.T) {
	for call, want := range map[string]int{"Claim": 2, "Complete": 1} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, agenttest.New())
				args := b.record.open()
				b.record.say(args, "one")
				b.record.lost[call] = 1
				<-b.wake(args)
				b.again() // as after a heartbeat
				synctest.Wait()
				wantSaid(t, b, args, "one", "You said: one")
				if n := b.record.called("Claim"); n != want {
					t.Errorf("claimed %d times, want %d", n, want)
				}
				if got := b.events.take(); !slices.Contains(got, "message You said: one") || len(b.unsure) != 0 {
					t.Errorf("events %q, %d conversations unsure", got, len(b.unsure))
				}
			})
		})
	}
}

func TestDatabaseAwayWhileCompleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		engine := agenttest.New(agenttest.Step{Until: release})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		done := b.wake(args)
		<-engine.Started()
		b.record.setDown(true)
		close(release)
		<-done // it gave up
		b.record.setDown(false)
		b.again()
		synctest.Wait()
		wantSaid(t, b, args, "one", "You said: one")
	})
}

func TestStopLetsTurnsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		engine := agenttest.New(agenttest.Step{Until: release})
		b := newBench(t, engine)
		args, other := b.record.open(), b.record.open()
		b.record.say(args, "one")
		b.record.put(other, chat.Body{Text: "later"}, time.Second)
		b.wake(args)
		b.wake(other)
		<-engine.Started()
		b.drain()
		b.record.say(args, "two") // for another worker
		<-b.wake(other)
		close(release)
		<-b.idle()
		sleep(t.Context(), time.Minute)
		wantSaid(t, b, args, "one", "two", "You said: one")
		wantSaid(t, b, other, "later")
	})
}

func TestHardStopGivesTurnsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.New(agenttest.Step{Deltas: []string{"We"}, Until: make(chan struct{})})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		b.wake(args)
		<-engine.Started()
		synctest.Wait()
		b.drain()
		b.stop(errStopped)
		<-b.idle()
		due, err := b.record.Due(context.Background(), b.Lease, 10)
		if err != nil || !slices.Contains(due, args) {
			t.Errorf("due for others: %v, %v", due, err)
		}
		if got := b.events.take(); got[len(got)-1] != "discard" {
			t.Errorf("events %q", got)
		}
	})
}

func TestReplyReachesTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delivery := chat.Delivery{ID: uuid.New(), Channel: chat.SMS, To: "+12125550142", Text: "123456", Purpose: "code"}
		engine := agenttest.New(agenttest.Step{Reply: agent.Reply{
			Messages: []chat.Body{{Text: "a"}, {Text: "b"}}, State: json.RawMessage(`{}`), Language: "es",
			Deliveries: []chat.Delivery{delivery}, Unlocked: true, Engine: "another",
		}})
		b := newBench(t, engine)
		args := b.record.open()
		b.record.say(args, "one")
		<-b.wake(args)
		done := b.record.written()[0]
		if done.Language != "es" || done.Engine != "another" || !cmp.Equal(done.Deliveries, []chat.Delivery{delivery}) {
			t.Errorf("recorded %+v", done)
		}
		if diff := cmp.Diff([]string{"typing", "unlocked", "message a", "message b"}, b.events.take()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
