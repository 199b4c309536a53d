/// What 'genre' alone says: the first steps.
let firstSteps = """
    genre classifies music by genre, and trains the nets that do so.

    Classify your music, with a model that is built in:
      genre predict song.mp3
      genre predict MUSIC                   a folder, searched at any depth
      genre predict MUSIC -o genres.csv     a table, for a spreadsheet

    Train on your own genres, one folder each (MUSIC/jazz, MUSIC/rock …):
      genre inspect MUSIC                   what is in it, and what may go wrong
      genre train MUSIC -o my-run
      genre predict --model my-run song.mp3

    Reproduce the paper's Table I, from train.pkl and val.pkl in FOLDER:
      genre reproduce FOLDER --dry-run      how long it takes

    See it work without any music of your own:
      genre demo

    'genre --help' lists all commands, 'genre help train' explains one.
    """
