namespace MicroGpt.Tests;

public class RandomStateTests
{
    [Fact]
    public void A_restored_generator_goes_on_with_the_same_numbers()
    {
        var random = new PythonRandom(42);
        for (var i = 0; i < 1500; i++)
        {
            // Between the two numbers of a Gauss pair, and everywhere in the 624 words.
            var restored = PythonRandom.Restore(random.Save());
            var copy = PythonRandom.Restore(restored.Save());
            var expected = Three(random);
            Assert.Equal(expected, Three(restored));
            Assert.Equal(expected, Three(copy));
            if (i % 100 == 0)
            {
                for (var j = 0; j < 2000; j++)
                {
                    Assert.Equal(restored.Random(), copy.Random());
                }
            }
            if (i % 7 == 0)
            {
                random.Gauss(0, 1); // so that a pair is halved at the next turn
            }
        }

        static double[] Three(PythonRandom random) => [random.Gauss(0, 1), random.Random(), random.Gauss(0, 1)];
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    public void What_is_no_state_is_refused(string state) =>
        Assert.Throws<ArgumentException>(() => PythonRandom.Restore(state));

    [Fact]
    public void A_state_out_of_range_is_refused()
    {
        var random = new PythonRandom(1);
        random.Gauss(0, 1);
        var bytes = Convert.FromBase64String(random.Save());
        Assert.Equal(4 * 624 + 4 + 8, bytes.Length);
        Assert.All([-1, 624, int.MaxValue], next =>
            Refuse([.. bytes[..2496], .. BitConverter.GetBytes(next), .. bytes[2500..]]));
        Assert.All([double.NaN, double.PositiveInfinity], spare =>
            Refuse([.. bytes[..2500], .. BitConverter.GetBytes(spare)]));
        Assert.All([1, 2499, 2501, 2507], length => Refuse(bytes[..length]));

        static void Refuse(byte[] bytes) =>
            Assert.Throws<ArgumentException>(() => PythonRandom.Restore(Convert.ToBase64String(bytes)));
    }
}
