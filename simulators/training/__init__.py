"""Training of the shipped models on rendered pictures: data, net, conversion, scores, cards."""
