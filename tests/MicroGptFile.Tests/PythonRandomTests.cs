namespace MicroGptFile.Tests;

/// <summary>Against CPython 3.13: random.seed(seed), then the call, for a fresh generator each time.</summary>
public class PythonRandomTests
{
    static readonly Int128 beyond64Bits = ((Int128)1 << 64) + 1;

    public static readonly TheoryData<string, string[], string[], int[], int[], string> Figures = new()
    {
        {
            "0", ["0x1.b0580f98a7dbep-1", "0x1.84129978f9c1ap-1", "0x1.aeaa51052e978p-2"],
            ["0x1.3494d05382c7bp-4", "-0x1.c9a1766e14d76p-4", "-0x1.bd7529404bb32p-5"],
            [7, 8, 1, 5, 3, 4, 2, 0, 9, 6], [4, 4, 1, 1, 2, 1, 4, 1, 1, 2, 4, 2], "0x1.69416a5e82de0p-2"
        },
        {
            "42", ["0x1.4762f307200c5p-1", "0x1.99c6b5eeb2060p-6", "0x1.19a1491f589dcp-2"],
            ["-0x1.79b96220d7201p-7", "-0x1.c541a459f41e7p-7", "-0x1.23cecf65fb604p-7"],
            [7, 3, 2, 8, 5, 6, 9, 4, 0, 1], [2, 0, 1, 1, 3, 2, 4, 0, 1, 0, 1, 2], "0x1.3501bc70293b8p-2"
        },
        {
            "2**64+1", ["0x1.a0cdc9b6cf9f0p-4", "0x1.731a51dbd35d1p-1", "0x1.00be92f33db62p-2"],
            ["0x1.a66a40a9f6b6ep-4", "0x1.3a17ace89972ep-4", "-0x1.09b9a7783e0d4p-11"],
            [2, 8, 9, 3, 0, 5, 7, 4, 6, 1], [1, 3, 1, 2, 0, 1, 2, 2, 2, 1, 2, 4], "0x1.d069c5d1e453cp-2"
        },
        {
            "-7", ["0x1.4b9ad0f953a6ep-2", "0x1.34f0696513270p-3", "0x1.4d474883171ffp-1"],
            ["-0x1.4f632d695615ep-6", "0x1.4f2bf8343ad04p-5", "-0x1.285948ab7ddc6p-6"],
            [8, 3, 1, 4, 7, 0, 9, 6, 2, 5], [1, 1, 2, 0, 2, 1, 0, 2, 0, 1, 0, 0], "0x1.1996c77661980p-5"
        },
    };

    [Theory]
    [MemberData(nameof(Figures))]
    public void Draws_what_python_draws(
        string seed, string[] randoms, string[] gausses, int[] shuffled, int[] choices, string the2000th)
    {
        PythonRandom Fresh() => new(seed == "2**64+1" ? beyond64Bits : int.Parse(seed));

        var random = Fresh();
        Assert.Equal(randoms.Select(Golden.Parse), randoms.Select(_ => random.Random()));

        random = Fresh();
        Assert.Equal(gausses.Select(Golden.Parse), gausses.Select(_ => random.Gauss(0, 0.08)));

        int[] items = [.. Enumerable.Range(0, 10)];
        Fresh().Shuffle(items);
        Assert.Equal(shuffled, items);

        random = Fresh();
        Assert.Equal(choices, choices.Select(_ => random.Choice([0.1, 0.4, 0.2, 0.05, 0.25])));

        // 2,000 draws take 4,000 words: the state of 624 words was renewed six times.
        random = Fresh();
        for (var draw = 1; draw < 2000; draw++) random.Random();
        Assert.Equal(Golden.Parse(the2000th), random.Random());
    }

    [Fact]
    public void Choice_is_where_the_random_number_falls_among_the_cumulated_weights()
    {
        var (numbers, picks) = (new PythonRandom(3), new PythonRandom(3));
        for (var draw = 0; draw < 1000; draw++)
        {
            var x = numbers.Random() * 8;
            Assert.Equal(x < 1 ? 0 : x < 3 ? 1 : x < 6 ? 2 : x < 6.5 ? 3 : 4, picks.Choice([1, 2, 3, 0.5, 1.5]));
        }
    }

    [Fact]
    public void Choice_never_picks_a_weight_of_zero()
    {
        var random = new PythonRandom(1);
        for (var draw = 0; draw < 1000; draw++) Assert.Equal(2, random.Choice([0, 0, 1, 0]));
    }

    [Fact]
    public void Choices_come_as_often_as_their_weights_say()
    {
        const int draws = 40_000;
        var random = new PythonRandom(2026);
        double[] weights = [1, 2, 3, 4];
        var counts = new int[4];
        for (var draw = 0; draw < draws; draw++) counts[random.Choice([.. weights])]++;
        var chiSquare = weights.Select((w, i) => Math.Pow(counts[i] - draws * w / 10, 2) / (draws * w / 10)).Sum();
        Assert.True(chiSquare < 16.27, $"chi-square {chiSquare}: of 1,000 fair generators one goes beyond 16.27");
    }
}
