// Package worker does the background work: a [Worker] answers turns, sends deliveries and offers time that has become free
// to those who wait for it, a [Scheduler] does what is due at times. Any number of both run beside each other and share
// nothing but Postgres and Redis.
//
// A conversation is answered in order, one turn at a time, whatever happens to the workers:
//
//	           job, sweep or timer
//	                   |
//	                   v
//	not due yet <--- claim ---> nothing to do
//	(timer)            | lease, epoch+1
//	                   v
//	                 engine ---> fails: given back, again after a while; at last: the apology
//	                   |
//	                   v
//	                complete ---> lost the lease: nothing is written, what was shown is discarded
//	                   |
//	                   v
//	        memory, events; again when more came meanwhile
//
// River is a wake-up only: a job that is lost costs a second, for every worker sweeps once a second for conversations that
// are unanswered, due and nobody's. A lease lives as long as its worker's heartbeat (one a worker, not one a turn). A worker
// whose heartbeat fails for as long as a lease lasts cancels its turns itself; one that was paused and does not know yet
// is fenced by the epoch when it completes. Killed workers' conversations are taken over after the lease and one sweep.
//
// A worker never waits for what it did not hear of: when an answer of the database is lost, the conversation is looked at
// again after the next heartbeat.
package worker
