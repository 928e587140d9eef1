using MicroGpt;

namespace MicroGptFile.Tests;

/// <summary>
/// Everything else is just efficiency: the library, given the settings of microgpt.cs, computes the bits of microgpt.cs
/// (where Math.Exp and the others of the file have the bits of the library's own).
/// </summary>
public class LibraryTests
{
    const string names = "emma\nolivia\nava\nisabella\nsophia\nmia\ncharlotte\namelia\nharper\nevelyn\nabigail\nzoe\n";
    const string letter = "a\naaa\naaaaaaaaaaaaaaaaaaaaaaaa\naa\n";
    const string unicode = "привет\nжираф\n東京\n🦊лиса\nñandú\nÅse\nמזל\n👩‍🚀 эй\n";

    public static readonly TheoryData<int, int, int, int, int, double, int, string> Configurations = new()
    {
        // nLayer, nEmbd, nHead, blockSize, numSteps, learningRate, seed, documents
        { 1, 16, 4, 16, 40, 0.01, 42, names },
        { 1, 7, 1, 16, 30, 0.01, 42, names }, // an odd width, one head
        { 1, 15, 5, 12, 30, 0.01, 1, names },
        { 1, 16, 16, 16, 30, 0.01, 42, names }, // heads of one number
        { 1, 33, 3, 16, 15, 0.02, 42, names },
        { 2, 10, 2, 16, 20, 0.01, 0, names },
        { 3, 9, 3, 16, 15, 0.01, 42, names }, // three layers
        { 3, 12, 4, 4, 25, 0.03, 5, names }, // documents longer than the context
        { 1, 8, 2, 1, 30, 0.01, 42, names }, // a context of one token
        { 2, 6, 2, 16, 30, 0.01, 42, letter }, // a vocabulary of one character
        { 1, 1, 1, 16, 30, 0.01, 42, letter }, // a width of one
        { 2, 12, 3, 16, 25, 0.01, -7, unicode },
        { 1, 20, 4, 32, 25, 0.1, 42, unicode }, // steps so wide that the losses grow
    };

    [Theory]
    [MemberData(nameof(Configurations))]
    public void The_library_computes_the_bits_of_the_file(
        int nLayer, int nEmbd, int nHead, int blockSize, int numSteps, double learningRate, int seed, string documents)
    {
        CLibrary.SkipUnlessGlibcWithFma();
        using var file = new TheFile()
            .With(("nLayer", $"{nLayer}"), ("nEmbd", $"{nEmbd}"), ("nHead", $"{nHead}"), ("blockSize", $"{blockSize}"))
            .With(("numSteps", $"{numSteps}"), ("learningRate", $"{learningRate}"), ("seed", $"{seed}"))
            .WithFigures().Input(System.Text.Encoding.UTF8.GetBytes(documents));
        var run = file.Run();
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));

        var corpus = Corpus.Load(Path.Join(file.Folder, "input.txt"));
        var trainer = new Trainer(corpus, new TrainingOptions
        {
            NLayer = nLayer,
            NEmbd = nEmbd,
            NHead = nHead,
            BlockSize = blockSize,
            Steps = numSteps,
            LearningRate = learningRate,
            Seed = seed,
        });
        var start = trainer.Snapshot();
        AssertSame(file.Figures("start"), start.Parameters.Values, start.Parameters, "parameters at the start");

        var steps = trainer.Run(TestContext.Current.CancellationToken).ToArray();
        var first = new TokenBatch(start.Config, 1);
        first.Add(steps[0].Document, start.Tokenizer);
        var engine = new ExactEngine(start.Parameters, trainer.Options);
        engine.Backward(first);
        AssertSame(file.Figures("gradients"), engine.Gradient.ToArray(), start.Parameters, "gradients of step 1");

        foreach (var (loss, step) in file.Figures("loss").Zip(steps))
            Assert.True(Same(loss, step.Loss), $"step {step.Step}: the file's loss is {Hex(loss)}, not {Hex(step.Loss)}");

        var end = trainer.Snapshot();
        AssertSame(file.Figures("end"), end.Parameters.Values, end.Parameters, $"parameters after {numSteps} steps");

        var samples = run.Text.Split('\n').Where(line => line.StartsWith("sample ", StringComparison.Ordinal));
        Assert.Equal(samples.Select(line => line["sample 20: ".Length..]), end.Generate().Take(20));
    }

    static void AssertSame(double[] file, double[] library, Parameters parameters, string what)
    {
        Assert.Equal(file.Length, library.Length);
        foreach (var tensor in parameters.Tensors)
        {
            for (var i = 0; i < tensor.Rows * tensor.Columns; i++)
            {
                var (expected, actual) = (file[tensor.Offset + i], library[tensor.Offset + i]);
                var place = $"{tensor.Name}[{i / tensor.Columns}, {i % tensor.Columns}]";
                Assert.True(Same(expected, actual), $"{what}: {place} is {Hex(expected)} in the file, not {Hex(actual)}");
            }
        }
    }

    static bool Same(double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);

    static string Hex(double x) => $"{x:R} ({BitConverter.DoubleToUInt64Bits(x):x16})";
}
