"""A program that uses docker-py. Prints the user name and a digest of the secret."""

import hashlib
import sys

import docker
from docker.auth import load_config
from docker.credentials import Store


def shown(user, secret):
    return f"{user} {hashlib.sha256(secret.encode()).hexdigest()}"


def store_get(host):
    found = Store("ionos").get(host)
    print(found["ServerURL"], shown(found["Username"], found["Secret"]))


def store_erase(host):
    Store("ionos").erase(host)


def resolve(host):
    found = load_config().resolve_authconfig(host)
    print(found["ServerAddress"], shown(found["Username"], found["Password"]))


def login(host):
    found = Store("ionos").get(host)
    client = docker.from_env()
    answer = client.login(found["Username"], found["Secret"], registry=host)
    print(answer["Status"])


def push(image):
    repository, tag = image.rsplit(":", 1)
    for line in docker.from_env().images.push(repository, tag, stream=True, decode=True):
        if "error" in line:
            sys.exit(line["error"])


def pull(image):
    print(docker.from_env().images.pull(image).tags)


def remove(image):
    docker.from_env().images.remove(image)


def build(directory):
    image, _ = docker.from_env().images.build(path=directory, pull=True, nocache=True, rm=True)
    print(image.id)


if __name__ == "__main__":
    _, what, argument = sys.argv
    globals()[what](argument)
