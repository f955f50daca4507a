"""The ground every app's consumer stands on: envelope, errors, EventConsumer, identity, contract. Imports no app."""
