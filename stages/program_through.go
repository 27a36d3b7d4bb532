package stages

import "errors"

func buildThrough(b *Builder, stage *Stage) (Node, error) {
	s, err := newSpeaker(b, stage)
	if err != nil {
		return nil, err
	}
	per, err := b.Word(stage.Options["per"])
	if err != nil {
		return nil, err
	}
	if per == "stream" {
		b.TrackIdentities()
		return &streamNode{speaker: s, origin: b.origin(), spoken: &b.spoken}, nil
	}
	switch s.format {
	case formatBytes:
		return nil, errors.New("bytes have no end that would tell one answer from the next: use `per: stream`, or another format")
	case formatCSV:
		return nil, errors.New("the header of CSV has no answer: use `per: stream`, or another format")
	}
	return &askNode{speaker: s, patience: answerPatience}, nil
}
