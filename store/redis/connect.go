package redis

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// A turn must not wait for Redis: what takes longer than this counts as away.
const (
	dialTimeout = time.Second
	ioTimeout   = 500 * time.Millisecond
)

// connect makes the client for the kind of Redis that the URL describes.
func connect(address string) (goredis.UniversalClient, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
		return nil, errors.New("redis: the URL must look like redis://host:6379/0 or rediss://host:6379/0") // the value may hold a password
	}
	query := u.Query()
	switch {
	case query.Has("master_name"):
		return sentinel(address)
	case query.Has("addr") || query.Has("cluster"):
		query.Del("cluster")
		u.RawQuery = query.Encode()
		return cluster(u.String())
	default:
		return single(address)
	}
}

func single(address string) (goredis.UniversalClient, error) {
	o, err := goredis.ParseURL(address)
	if err != nil {
		return nil, unreadable(err)
	}
	o.ContextTimeoutEnabled = true
	settle(&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return goredis.NewClient(o), nil
}

func cluster(address string) (goredis.UniversalClient, error) {
	o, err := goredis.ParseClusterURL(address)
	if err != nil {
		return nil, unreadable(err)
	}
	o.ContextTimeoutEnabled = true
	settle(&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return goredis.NewClusterClient(o), nil
}

func sentinel(address string) (goredis.UniversalClient, error) {
	o, err := goredis.ParseFailoverURL(address)
	if err != nil {
		return nil, unreadable(err)
	}
	o.ContextTimeoutEnabled = true
	settle(&o.MaxRetries, &o.DialerRetries, &o.PipelinePoolSize, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
	return goredis.NewFailoverClient(o), nil
}

// settle gives what the URL leaves open: one retry (of a connection that broke while it was idle), short time-outs, one pool.
func settle(retries, dials, pipelines *int, dial, read, write *time.Duration) {
	*retries = cmp.Or(*retries, 1)
	*dials = cmp.Or(*dials, 1)
	*pipelines = cmp.Or(*pipelines, -1)
	*dial = cmp.Or(*dial, dialTimeout)
	*read = cmp.Or(*read, ioTimeout)
	*write = cmp.Or(*write, ioTimeout)
}

// unreadable words an error of go-redis, which names parameters and never the password, unless url.Parse made it.
func unreadable(err error) error {
	if parse, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("redis: the URL cannot be read: %w", parse.Err)
	}
	return fmt.Errorf("redis: the URL cannot be read: %w", err)
}
