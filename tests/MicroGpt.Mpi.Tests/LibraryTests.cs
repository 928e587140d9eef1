namespace MicroGpt.Mpi.Tests;

/// <summary>A program of one's own, tests/TrainTogether, on ranks.</summary>
public sealed class LibraryTests : IDisposable
{
    static readonly string program = Path.Join(AppContext.BaseDirectory, "TrainTogether");

    readonly Command folder = new();

    public LibraryTests() => folder.Write("names.txt", "anna\nhanna\nnana\nanan\nhannah\nahna\n");

    public static TheoryData<string> Launchers => [.. Launcher.Names];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Launchers))]
    public void It_trains_the_model_that_it_trains_alone(string name)
    {
        var launcher = Launcher.Of(name);
        var alone = Command.Finish(folder.Start(program, ["names.txt"])).Good();
        foreach (var how in new[] { "", "0:stop", "all:stop" }) // all ranks may stop at the same step, or follow rank 0
        {
            var together = Run(launcher, how);
            Assert.True(together.ExitCode == 0, together.Error);
            Assert.EndsWith(alone.Output, together.Output); // a pseudo-terminal of Open MPI gets .NET's greeting first
        }
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void A_rank_that_throws_ends_all_with_its_sentence_and_its_code(string name)
    {
        var launcher = Launcher.Of(name);
        for (var rank = 0; rank < 3; rank++)
        {
            var result = Run(launcher, $"{rank}:3");
            Launcher.AssertGone(folder);
            Assert.Equal(3, result.ExitCode);
            Assert.Equal($"failed: rank {rank} has failed after step 3",
                Assert.Single(result.Error.Split('\n'), line => line.StartsWith("failed: ", StringComparison.Ordinal)));
        }
        Assert.Equal(3, Run(launcher, "2:stop").ExitCode);
    }

    Result Run(Launcher launcher, string how) => Command.Finish(launcher.Start(folder, 3, program, "names.txt", how));
}
