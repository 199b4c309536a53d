// Written by Tools/make_gtzan_facts.py.

extension GTZAN {
    /// "side genre: numbers" a line: 443, 197 and 290 tracks without the faults that Sturm found, and no artist on two
    /// sides (but for tracks of unknown artists, which cannot be told).
    ///
    /// The fault-filtered partition of C. Kereliuk, B. L. Sturm & J. Larsen, "Deep learning and music adversaries", IEEE
    /// Transactions on Multimedia 17 (11), 2015.
    static let filteredLines = """
        training blues: 29-49 73-97
        training classical: 30-33 43-48 50-67 80-99
        training country: 19-26 28-29 65-99
        training disco: 5 15-20 22-37 39-45 47 49 53-54 56-57 59 61 70 73-74 89
        training hiphop: 2-25 28-29 31-38 41-42 55-61 77-80
        training jazz: 0-1 11-24 41 47-72
        training metal: 2-3 5 21 24 35 46-57 59-66 69 71-72 79-80 84 86 89-99
        training pop: 2-9 11-12 16-20 23-29 31-36 38-42 44 46 49-50 80 97-99
        training reggae: 0-2 4 6 9 11-12 14-32 42-45 49-51 54-60 63 69
        training rock: 0-9 16-26 57-70 91-99
        validation blues: 0-11 50-60
        validation classical: 0-10 68-76
        validation country: 0-7 9-18 27 41-42 45 49
        validation disco: 0 2-4 6-14 46 48 52 67-68 72 75 90 95
        validation hiphop: 81-98
        validation jazz: 2-10 25-32
        validation metal: 0-1 6-11 16-20 36-37 68 76-77 81-82
        validation pop: 10 53 55 58-62 81 83-86
        validation reggae: 61-62 70 72 74 76-78 85 92-99
        validation rock: 38 49-56 71-85
        test blues: 12-28 61-72 98-99
        test classical: 11-29 34-41 49 77-79
        test country: 30-40 43-44 46-48 50-51 53-64
        test disco: 1 21 58 62-66 69 76-88 91-94 96-97 99
        test hiphop: 0 26-27 30 40 43-45 51-54 62-75 99
        test jazz: 73-99
        test metal: 12-15 22-23 25-33 38-39 67 70 73-75 78 83 85 87-88
        test pop: 0-1 13-14 43 63-66 69-79 82 88-96
        test reggae: 34-40 46-48 52-53 64-68 71 79 82-84 87-90
        test rock: 10-15 27-37 39-48 86-90
        """

    /// A random partition, 50, 25 and 25 tracks of each genre, for comparison. Artists and exact copies lie on
    /// several sides.
    static let stratifiedLines = """
        training blues: 0-3 6 11 14 17-19 21 26-27 29-30 33-34 36-39 41 44 46-48 50 55-57 60 63 65 67
        training blues: 69-70 72 74-76 79 81 85 87-89 91 94 97 99
        training classical: 0-4 11-12 14 17 20 23 25-26 28 31-32 38 40 44 47-51 57-60 62 64-65 67 70 72-73
        training classical: 76 78-85 91 93 95-97 99
        training country: 3 6-8 10 12-14 16-19 28-29 32 34-40 44-45 48-49 54 56 59 61-63 66-70 73-74 79-81
        training country: 85-86 89 93-97
        training disco: 6-7 9-11 13 16-20 23-24 26-27 30-31 34-37 41-42 44-45 47-48 52 54 56-57 60 63-67
        training disco: 69 75 78 81 83-84 88-91 96-97 99
        training hiphop: 0 2 6 11-13 18 20-22 26-27 30-33 35 38 40-41 44-46 49-50 52-54 56-60 63-64 68
        training hiphop: 72-74 77-79 84 86 88-90 92 98-99
        training jazz: 2 4-7 10 12-15 23-24 26-28 30 32 34 38 40-41 43 50 52 54-55 57-62 64 68 70 72 74-75
        training jazz: 77 79-80 86 89-96
        training metal: 0 3-4 6 10-11 13-14 16-17 19 22-28 36-38 41 45 47 49 52 56 59-61 65 70-72 74-77 79
        training metal: 81-82 85-86 88-91 93 97 99
        training pop: 2-4 9 11-13 15 17 20 22 24 26-27 32-33 35 41-43 45 48 50-51 53-56 61-65 67 71-72
        training pop: 74-77 79 81-83 86-87 92-93 95 98
        training reggae: 4-5 9-14 16-18 23 27-28 30-31 36-37 40-44 49 51-56 59-60 62 64-66 71 73 75-77 82
        training reggae: 84 87-89 91-92 95 98
        training rock: 3-6 8 14-15 17 23-27 34-35 37 40-41 44-45 48 52 54-55 58-59 62-63 65-67 69 71 75
        training rock: 77-78 80-81 83-86 88 90-91 93-95 97 99
        validation blues: 4 7-9 16 22 32 35 42 45 51 54 58 61 66 68 71 73 78 80 82 86 90 93 96
        validation classical: 5-8 10 13 15 18 22 27 30 33 39 46 54 63 68 71 74 77 86 89-90 94 98
        validation country: 0-1 4-5 9 15 20 25-27 30 42-43 46 55 58 60 71 83-84 87-88 90 92 98
        validation disco: 3 15 22 25 28-29 32 39-40 43 46 50-51 53 59 62 70 72-74 85 87 92-93 95
        validation hiphop: 3 5 7 10 16 19 36-37 39 43 47-48 51 55 66-67 69 71 76 80-83 93 97
        validation jazz: 0-1 8 11 17 19 21-22 25 29 36 42 44 46-47 49 51 56 63 65 81-83 97-98
        validation metal: 7-9 12 15 29 31-34 39 43-44 53 55 63-64 67-68 73 83 87 94-96
        validation pop: 1 7 10 14 16 18-19 23 25 28-29 37 47 57-60 73 78 80 85 89-90 94 99
        validation reggae: 0-1 7-8 19 24-26 29 32 34 38-39 45 47 61 63 67 70 72 80 85-86 90 93
        validation rock: 7 12-13 16 18-19 21-22 28-30 36 38 43 46 49 53 56 61 68 76 87 89 92 96
        test blues: 5 10 12-13 15 20 23-25 28 31 40 43 49 52-53 59 62 64 77 83-84 92 95 98
        test classical: 9 16 19 21 24 29 34-37 41-43 45 52-53 55-56 61 66 69 75 87-88 92
        test country: 2 11 21-24 31 33 41 47 50-53 57 64-65 72 75-78 82 91 99
        test disco: 0-2 4-5 8 12 14 21 33 38 49 55 58 61 68 71 76-77 79-80 82 86 94 98
        test hiphop: 1 4 8-9 14-15 17 23-25 28-29 34 42 61-62 65 70 75 85 87 91 94-96
        test jazz: 3 9 16 18 20 31 33 35 37 39 45 48 53 66-67 69 71 73 76 78 84-85 87-88 99
        test metal: 1-2 5 18 20-21 30 35 40 42 46 48 50-51 54 57-58 62 66 69 78 80 84 92 98
        test pop: 0 5-6 8 21 30-31 34 36 38-40 44 46 49 52 66 68-70 84 88 91 96-97
        test reggae: 2-3 6 15 20-22 33 35 46 48 50 57-58 68-69 74 78-79 81 83 94 96-97 99
        test rock: 0-2 9-11 20 31-33 39 42 47 50-51 57 60 64 70 72-74 79 82 98
        """
}
